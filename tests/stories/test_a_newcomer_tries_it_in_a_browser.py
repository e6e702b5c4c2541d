"""A newcomer starts the sandbox, opens the page, and does what the first steps say, in a real browser."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

ROOT: Final = Path(__file__).resolve().parents[2]
BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ALONE: Final = (
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""A browser in a container, that speaks to nobody but the page."""

PAYMENTS: Final = "Deploy payments-api 4.2.0 to production"
REFUND: Final = "Refund 48.00 USD to a customer"
SLOW: Final = 15_000

pytestmark = pytest.mark.browser


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Where the console command says that its page is; it is started in an empty folder and ended with Ctrl-C."""
    command = [sys.executable, "-c", "from bot.cli import main; main()", "sandbox", "--port", "0", "--api-port", "0"]
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        said = next((line for line in running.stdout if "Open" in line), "")
        found = re.search(r"http://\S+", said)
        assert found is not None, said
        yield found[0]
        running.send_signal(signal.SIGINT)
        assert running.wait(20) == 0
    assert not list(tmp_path.glob("*.db"))


@pytest.fixture
def browser() -> Iterator[Browser]:
    executable = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if executable is None:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=executable, args=list(ALONE))
        yield started
        started.close()


def opened(browser: Browser, address: str, errors: list[str]) -> Page:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(SLOW)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(address)
    return page


def card(page: Page, title: str) -> Locator:
    return page.get_by_role("main").locator("article[data-ts]").filter(has=page.get_by_role("heading", name=title))


def become(page: Page, name: str) -> None:
    page.get_by_role("button", name=re.compile("^You are: ")).click()
    page.get_by_role("menuitemradio", name=f"Act as {name}").click()


def turn(page: Page, step: str) -> None:
    page.get_by_role("button", name=re.compile("^Clock: ")).click()
    page.get_by_role("dialog", name="Clock").get_by_role("button", name=step).click()
    page.keyboard.press("Escape")


def test_a_newcomer_approves_becomes_somebody_else_rejects_and_turns_the_clock(browser: Browser, address: str) -> None:
    """A-26 A-31 A-60 A-63 A-64 A-65 B-33"""
    errors: list[str] = []
    page = opened(browser, address, errors)
    beside = opened(browser, address.replace("U0ALICE001", "U0BOB00002"), errors)  # Bob looks on from his own desk

    # As Alice: one click, and the second stage opens.
    mine = card(page, PAYMENTS)
    mine.get_by_role("button", name=re.compile("^Approve")).click()
    expect(mine).to_contain_text("approved by Alice Archer", timeout=SLOW)
    expect(mine).to_contain_text("2. Security  waits for 2 of @security")
    expect(card(beside, PAYMENTS)).to_contain_text("approved by Alice Archer", timeout=SLOW)

    # As Carol: a rejection needs its reason, and says so under the field.
    become(page, "Carol Chen")
    mine.get_by_role("button", name=re.compile("^Reject")).click()
    modal = page.get_by_role("dialog", name="Reject")
    modal.get_by_role("button", name="Reject", exact=True).click()
    expect(modal.get_by_role("alert")).to_be_visible()
    modal.get_by_role("textbox").fill("The vault is not audited yet.")
    modal.get_by_role("button", name="Reject", exact=True).click()
    expect(modal).to_be_hidden(timeout=SLOW)
    for each in (page, beside):
        expect(card(each, PAYMENTS)).to_contain_text("Rejected by Carol Chen.", timeout=SLOW)
        expect(card(each, PAYMENTS)).to_contain_text("The vault is not audited yet.")
        expect(card(each, PAYMENTS).get_by_role("button", name=re.compile("^Approve"))).to_have_count(0)

    # As somebody whose address nobody has confirmed: a private refusal, which Bob does not see.
    for each in (page, beside):
        each.get_by_role("navigation", name="Channels").get_by_text("agents", exact=True).click()
    become(page, "Karl Krug")
    card(page, REFUND).get_by_role("button", name=re.compile("^Approve")).click()
    expect(page.get_by_text("Your e-mail address in Slack is not confirmed")).to_be_visible(timeout=SLOW)
    expect(page.get_by_text("Only visible to you").last).to_be_visible()
    expect(beside.get_by_text("Only visible to you")).to_have_count(0)

    # The clock is turned: one reminder in the channel for all that waits there, then the end.
    turn(page, "+1 h")
    expect(page.get_by_role("main")).to_contain_text("requests still wait here", timeout=SLOW)
    turn(page, "+1 day")
    for each in (page, beside):
        expect(card(each, REFUND)).to_contain_text("Expired: a question was not answered", timeout=SLOW)
    assert errors == []
