"""Downloads: ranges as RFC 9110 has them, and names and types that can do no harm."""

import pytest

from gateway.api.files import OutsideTheFile, Part, disposition, safe_media_type, wanted_part


class TestRanges:
    @pytest.mark.parametrize(
        ("header", "part"),
        [
            (None, None),
            ("bytes=0-99", Part(0, 100)),
            ("bytes=500-", Part(500, 1000)),
            ("bytes=-1", Part(999, 1000)),
            ("bytes=-5000", Part(0, 1000)),
            ("bytes=990-5000", Part(990, 1000)),
            # what is not understood is passed over: the whole file
            ("bytes=5-2", None),
            ("bytes=-", None),
            ("bytes=0-1,5-6", None),
            ("lines=0-1", None),
            ("bytes=x-1", None),
        ],
    )
    def test_part_asked_for(self, header: str | None, part: Part | None) -> None:
        assert wanted_part(header, 1000) == part

    @pytest.mark.parametrize(("header", "size"), [("bytes=1000-", 1000), ("bytes=-0", 1000), ("bytes=0-0", 0)])
    def test_part_outside_the_file_is_refused(self, header: str, size: int) -> None:
        with pytest.raises(OutsideTheFile):
            wanted_part(header, size)


class TestNames:
    def test_norwegian_name_comes_whole(self) -> None:
        assert disposition("Søknad om skoleskyss.pdf") == (
            "attachment; filename=\"S_knad om skoleskyss.pdf\"; filename*=UTF-8''S%C3%B8knad%20om%20skoleskyss.pdf"
        )

    @pytest.mark.parametrize(
        "name", ['x"; filename="y.exe', "../../etc/passwd", "a\r\nSet-Cookie: b", "\u202egnp.exe", "C:\\x", "", " . "]
    )
    def test_name_cannot_leave_its_place(self, name: str) -> None:
        said = disposition(name)
        assert said.startswith('attachment; filename="')
        assert said.count('"') == 2
        assert said.isascii()
        assert said.isprintable()
        assert not set("/\\\u202e") & set(said)

    def test_very_long_name_keeps_its_ending(self) -> None:
        assert disposition("a" * 5000 + ".pdf").endswith(".pdf")


class TestTypes:
    @pytest.mark.parametrize(
        "kind", ["application/pdf", "image/png", "text/plain", "application/vnd.oasis.opendocument.text"]
    )
    def test_harmless_types_are_said(self, kind: str) -> None:
        assert safe_media_type(f"{kind.upper()}; charset=utf-8") == kind

    @pytest.mark.parametrize(
        "kind", ["text/html", "image/svg+xml", "application/xhtml+xml", "text/javascript", "", "x\r\ny"]
    )
    def test_what_a_browser_might_run_is_bytes(self, kind: str) -> None:
        assert safe_media_type(kind) == "application/octet-stream"
