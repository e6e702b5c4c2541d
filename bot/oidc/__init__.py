"""Tokens of others: the company's single sign-on for people, a platform's (GitHub, GitLab) for machines.

`token.py` reads and verifies one, strictly; `keys.py` fetches the issuers' public keys, through the guard and no more often
than need be; `sign_on.py` says whom a verified one stands for. Nothing is fetched for an issuer that nobody here has set up.
PyJWT is imported when the first such token comes. May import core and `bot.guard`, and knows no HTTP of ours.
"""
