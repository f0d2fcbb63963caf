from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import pytest

from kg.errors import ReadError
from kg.model import Layout
from kg.read import documents, read

ROOT = Path(__file__).parents[1]
PAGES = ROOT.parent / "shared" / "seeds"
GLOSSARY = (
    "keel, hull\n**Keel** is a **beam** of a hull.\nrudder, steering\n**Rudder** is a **blade** behind the keel.\n"
)


@pytest.fixture
def harbour(tmp_path: Path) -> Path:
    for name in (
        "b.txt",
        "a.md",
        "north/b.txt",
        "south/b.txt",
        "notes.pdf",
        ".hidden.txt",
        ".git/c.txt",
        "south/d.TXT",
    ):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(GLOSSARY, encoding="utf-8")
    return tmp_path


def test_documents_of_a_folder_have_short_distinct_names(harbour: Path) -> None:
    found = documents([harbour])
    assert [name for _, name in found] == [
        "a.md",
        "d.TXT",
        "north/b.txt",
        "south/b.txt",
        f"{harbour.name}/b.txt",
    ]
    assert all(path.as_posix().endswith(name) for path, name in found)


def test_documents_named_twice_are_read_once(harbour: Path) -> None:
    path = harbour / "north" / "b.txt"
    assert documents([path, path.parent, harbour / "north" / ".." / "north"]) == [(path, "b.txt")]


def test_the_order_of_the_arguments_does_not_matter(harbour: Path) -> None:
    folders = [harbour / "south", harbour / "north"]
    assert documents(folders) == documents(reversed(folders))


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"nowhere\.txt: no such file or folder$"):
        documents([tmp_path / "nowhere.txt"])


def test_an_unknown_format_lists_the_known_ones(harbour: Path) -> None:
    message = r"notes\.pdf: unknown format '\.pdf'; supported are \.md, \.txt$"
    with pytest.raises(ReadError, match=message):
        documents([harbour / "notes.pdf"])
    with pytest.raises(ReadError, match=message):
        read(harbour / "notes.pdf", source="notes.pdf")


def test_a_folder_without_documents_says_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"no document in this folder \(looked for \.md, \.txt\)$"):
        documents([tmp_path])


def test_links_that_lead_in_circles_or_nowhere_do_no_harm(harbour: Path) -> None:
    before = documents([harbour])
    (harbour / "self").symlink_to(harbour)
    (harbour / "gone.txt").symlink_to(harbour / "nowhere.txt")
    (harbour / "again.txt").symlink_to(harbour / "b.txt")
    assert [path.resolve() for path, _ in documents([harbour])] == [path.resolve() for path, _ in before]


def test_a_folder_that_may_not_be_looked_into_is_not_passed_over(
    harbour: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan = os.scandir

    def closed(place: str) -> object:
        if str(place).endswith("north"):
            raise PermissionError(13, "Permission denied", str(place))
        return scan(place)

    monkeypatch.setattr(os, "scandir", closed)
    with pytest.raises(ReadError, match=r"north: cannot be searched: Permission denied$"):
        documents([harbour])


def test_a_file_name_that_is_not_utf8_is_shown_with_escapes(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.txt")
    path.write_text(GLOSSARY, encoding="utf-8")
    assert documents([tmp_path]) == [(path, "caf\\udce9.txt")]


def test_nothing_to_read_is_an_error() -> None:
    with pytest.raises(ReadError, match="nothing to read"):
        documents([])


def test_read_yields_entries_with_their_source(harbour: Path) -> None:
    entries = list(read(harbour / "a.md", source="a.md"))
    assert [(entry.id, entry.header, entry.layout) for entry in entries] == [
        ("a.md/L1", "keel, hull", Layout.FLAT),
        ("a.md/L3", "rudder, steering", Layout.FLAT),
    ]
    assert "".join(entry.header + "\n" + entry.body for entry in entries) == GLOSSARY


def test_offsets_count_code_points_of_the_file_as_it_lies_on_disk(tmp_path: Path) -> None:
    text = (
        "\ufeffkeel, hull\r\n**Keel** is a **beam**\x0c of\u2028a 𝔥ull\rstill.\r\n"
        "rudder, steering\r\n**Rudder** is é.\r\n"
    )
    path = tmp_path / "dirty.txt"
    path.write_bytes(text.encode())
    keel, rudder = read(path, source="dirty.txt")
    assert (keel.header, rudder.header, rudder.line) == ("keel, hull", "rudder, steering", 3)
    assert keel.header_span.start == 1
    for entry in (keel, rudder):
        assert text[entry.header_span.start : entry.header_span.end] == entry.header
        assert text[entry.body_span.start : entry.body_span.end] == entry.body
    assert rudder.body_span.end == len(text)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", r"empty"),
        (b"keel, hull\n**Keel** is \xff a beam.\n", r":2: not UTF-8 \(byte 0xff at offset 23\)"),
        ("keel, hull\n**Keel** is a **beam**.\n".encode("utf-16"), r":1: not UTF-8 \(byte 0xff at offset 0\)"),
        (b"PNG\0\0\0keel, hull\n", r":1: a binary file"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "broken.txt"
    path.write_bytes(data)
    with pytest.raises(ReadError, match=message):
        list(read(path, source="broken.txt"))


def test_a_huge_document_is_read_entry_by_entry(tmp_path: Path) -> None:
    import tracemalloc

    path = tmp_path / "huge.txt"
    body = "It stops the boat from being blown sideways. " * 40
    path.write_text("".join(f"keel {n}, hull\n**Keel {n}** is a **beam**. {body}\n" for n in range(4_000)), "utf-8")
    tracemalloc.start()
    try:
        count = sum(1 for _ in read(path, source="huge.txt"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 4_000
    assert 4 * peak < path.stat().st_size


@pytest.mark.seeds
@pytest.mark.skipif(not PAGES.is_dir(), reason="the real pages are not beside the project")
class TestRealPages:
    def test_every_character_is_in_exactly_one_place(self) -> None:
        for path, source in documents([PAGES]):
            text = path.read_bytes().decode()
            entries = list(read(path, source=source))
            for entry in entries:
                assert text[entry.header_span.start : entry.header_span.end] == entry.header
                assert text[entry.header_span.end : entry.body_span.start] == "\n"
                assert text[entry.body_span.start : entry.body_span.end] == entry.body
                assert text.count("\n", 0, entry.header_span.start) + 1 == entry.line
            for one, other in pairwise(entries):
                assert one.body_span.end == other.header_span.start
            assert entries[-1].body_span.end == len(text)

    def test_entries_begin_at_the_lines_that_readers_found(self) -> None:
        import json

        gold = PAGES.parent / "gold"
        for name in ("dev.json", "train.json"):
            where = json.loads((gold / name).read_text(encoding="utf-8"))["where"]
            want = {(source, line) for places in where.values() for source, line in places}
            got = {
                (entry.source, entry.line) for path, source in documents([PAGES]) for entry in read(path, source=source)
            }
            assert got == want
