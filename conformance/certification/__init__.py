"""Certificates that anybody can judge again: a bundle holds the whole evidence of a run, signed; `verify` trusts none.

`granting` makes a bundle of a report folder, `verifying` looks at one. What a bundle may hold stands in `members`, what
entitles to one in `eligibility`, what a certifier issues beforehand in `challenge_document`. Only `signing_keys` needs
the package `cryptography`, which the extra ``certify`` installs.
"""
