"""The demo company: a plausible events agency of any size, the same each time for the same moment, size and seed.

`load.load_demo_company` fills an empty database with it, in the caller's transaction; `people` are the three who can
log in to try the CRM. None of it is ever mixed into a real company's records.
"""
