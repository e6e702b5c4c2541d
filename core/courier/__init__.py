"""Makes every outlet show each request as it now is, and tell people what happened; safe to run twice.

`wanted <> shown` is the queue, kept by the store. May import what lies below `ports`; knows no outlet by name.
"""

from core.courier.courier import Courier
from core.courier.outcome import Patience
from core.courier.outlet import OutcomeUnknown, Outlet, OutletBusy, OutletRefused, Pace, Reminder, Spot

__all__ = ["Courier", "OutcomeUnknown", "Outlet", "OutletBusy", "OutletRefused", "Pace", "Patience", "Reminder", "Spot"]
