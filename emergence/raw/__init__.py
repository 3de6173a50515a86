"""Files of a dataset that are fetched with git or computed.

Both make a folder ``files`` and a manifest (`emergence.raw.manifest`), and whoever reads the
files asks the manifest first. No module is imported here: who reads files does not depend on
how they are fetched.
"""
