"""From operations to state: which resource an operation speaks of, and what it adds to what is known of it.

Only operations of the owner come here; what others are told is judged by `access`. A mutation is known twice: when it
is announced (`begin`) and when its answer is there (`add`), so that a proof never rests on an attempt not yet noted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from conformance.api.answers import Classified
from conformance.api.routes import Call
from conformance.judge.state.intake_files import Filing
from conformance.model import Operation

Handler = Callable[[Operation, Classified], None]


class World(Filing):
    """Everything the judge remembers, with a table of what each call adds to it.

    `by_anybody` are the calls that count whoever made them, if they were granted.
    """

    def __init__(self) -> None:
        super().__init__()
        self.handlers: Mapping[str, Handler] = {
            "create_project": self._create_project,
            "show_project": self._show_project,
            "update_project": self._write_project,
            "delete_project": self._delete_project,
            "create_upload": self._create_upload,
            "show_upload": self._show_upload,
            "create_chunk": self._create_chunk,
            "report_hash": self._report_hash,
            "complete_upload": self._complete,
            "create_file": self._create_file,
            "show_file": self._show_file,
            "update_file": self._switch,
            "promote_version": self._switch,
            "delete_file": self._delete_file,
            "move_file": self._write_file,
            "rename_file": self._write_file,
            "list_versions": self._list_versions,
            "show_version": self._show_version,
            "delete_version": self._delete_version,
            "create_folder": self._create_folder,
            "delete_folder": self._delete_folder,
            "move_folder": self._move_folder,
            "grant_permission": self.rights.take,
            "withdraw_permission": self.rights.take,
            "file_url": self._file_url,
            "version_url": self._version_url,
            "list_storage_providers": self._providers,
            "show_storage_provider": self._providers,
            "storage_put": self._storage_put,
            "storage_get": self._storage_get,
        }
        self.beginnings: Mapping[str, Callable[[Operation, Call], None]] = {
            "delete_project": self._begin_delete,
            "delete_file": self._begin_delete,
            "delete_version": self._begin_delete,
            "delete_folder": self._begin_delete,
            "grant_permission": self.rights.begin,
            "withdraw_permission": self.rights.begin,
            "update_file": self._begin_switch,
            "promote_version": self._begin_switch,
            "complete_upload": self._begin_complete,
        }
        self.by_anybody = {*self.beginnings, "create_chunk"}

    def end(self) -> None:
        """Forget the tables, which hold this very object: what it remembers then goes with it."""
        self.handlers, self.beginnings = {}, {}
