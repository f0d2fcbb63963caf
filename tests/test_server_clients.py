"""Our own client and `kg push` against our own server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest

from kg.endpoint import Connection, Credentials
from kg.errors import EndpointError
from kg.graph import KnowledgeGraph
from kg.push import push
from kg.remote import RemoteStore
from kg.server import Limits
from kg.store import LocalStore, write_build
from tests.serving import orchard, running, running_at

if TYPE_CHECKING:
    from pathlib import Path


def test_our_own_client_reads_what_our_own_server_cuts_in_pages() -> None:
    local = orchard()
    with running(orchard(), limits=Limits(rows=7)) as url:
        remarks: list[str] = []
        store = RemoteStore(f"{url}/sparql", Connection(remark=remarks.append))
        query = "SELECT ?c ?label WHERE { ?c skos:prefLabel ?label }"
        assert len(list(store.select(query))) == 7
        assert "looks like the most" in remarks[0]
        rows = {(row["c"], row["label"]) for row in store.rows(query)}
        assert rows == {(row["c"], row["label"]) for row in local.store.select(query)}
        assert KnowledgeGraph(store).show("budding") == local.show("budding")


@pytest.mark.parametrize("method", ["gsp", "update"])
def test_our_own_server_takes_what_is_pushed(tmp_path: Path, method: str) -> None:
    graph, token = orchard(), "a-token-for-the-push"
    source = tmp_path / "source"
    write_build(source, graph.store.quads(), base=graph.base)
    write_build(tmp_path / "target", [], base=graph.base)
    with running_at(tmp_path / "target", token=token) as url:
        store = LocalStore.open(source)
        connection = Connection(credentials=Credentials(token=token))
        place = f"{url}/store" if method == "gsp" else f"{url}/sparql"
        report = push(store, place, connection=connection, method=method, batch=100, resume=False, replace=True)
        assert report.complete
        assert LocalStore.open(tmp_path / "target").dump(ox.RdfFormat.N_QUADS) == store.dump(ox.RdfFormat.N_QUADS)
        with pytest.raises(EndpointError, match="401"):
            push(store, place, connection=Connection(), method=method, resume=False)
