"""Histories as Parquet: the same lines, with columns for what people ask about, gathered by project.

Needs the extra ``columnar``, and only where one of these files is read or written.
"""
