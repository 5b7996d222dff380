"""The desk at which a warm LibreOffice works. Run by the system's own Python, which has `uno`; needs nothing else.

Lines of JSON: `{"source", "destination", "filter", "options"}` in, `{"ok": true}` or `{"ok": false, "why"}` out.
Run as `python3 office_desk.py FOLDER`; the folder holds the profile and everything that is read and written.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Any

CONNECT_SECONDS = 50.0
MADE_ITS_PROFILE = 81  # the exit code with which a first start asks to be started again
PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="MacroSecurityLevel" oor:op="fuse">
<value>3</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="DisableMacrosExecution" oor:op="fuse">
<value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">
<prop oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Writer/Content/Update"><prop oor:name="Link" oor:op="fuse">
<value>0</value></prop></item>
</oor:items>
"""
EXPORT = {
    "SelectPdfVersion": 2,
    "UseTaggedPDF": True,
    "ExportBookmarks": True,
    "ReduceImageResolution": False,
    "ExportNotes": False,
}


def main() -> None:
    """Starts LibreOffice and serves until the input ends."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    folder = sys.argv[1]
    office, desktop = connected(folder)
    answers.write(json.dumps({"ready": True}) + "\n")
    for line in sys.stdin:
        asked = json.loads(line)
        answers.write(json.dumps({**convert(desktop, asked), "memory": memory(office)}) + "\n")
    office.kill()


def start(folder: str) -> subprocess.Popen[bytes]:
    """LibreOffice, with a profile of its own."""
    profile = os.path.join(folder, "profile")
    os.makedirs(os.path.join(profile, "user"), exist_ok=True)
    with open(os.path.join(profile, "user", "registrymodifications.xcu"), "w", encoding="utf-8") as settings:
        settings.write(PROFILE)
    command = [
        "/usr/lib/libreoffice/program/soffice.bin", "--headless", "--norestore", "--nologo", "--nodefault",
        f"-env:UserInstallation=file://{profile}", f"--accept=pipe,name={os.path.basename(folder)};urp;",
    ]  # fmt: skip
    environment = {**os.environ, "HOME": folder, "SAL_USE_VCLPLUGIN": "svp", "TMPDIR": folder}
    return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def connected(folder: str) -> tuple[subprocess.Popen[bytes], Any]:
    """A LibreOffice that has come up, and its desktop. Ends this process when it does not."""
    import uno
    from com.sun.star.connection import NoConnectException

    here = uno.getComponentContext()
    resolver = here.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", here)
    office = start(folder)
    late = time.monotonic() + CONNECT_SECONDS
    while time.monotonic() < late and office.poll() in {None, MADE_ITS_PROFILE}:
        if office.poll() == MADE_ITS_PROFILE:
            office = start(folder)
        try:
            there = resolver.resolve(f"uno:pipe,name={os.path.basename(folder)};urp;StarOffice.ComponentContext")
            return office, there.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", there)
        except NoConnectException:
            time.sleep(0.05)
    sys.exit(1)


def convert(desktop: Any, asked: dict[str, Any]) -> dict[str, Any]:
    """One document from file to file. A document that will not load is an answer, not an error."""
    import uno
    from com.sun.star.uno import Exception as UnoException

    options = {
        "Hidden": True,
        "ReadOnly": True,
        "MacroExecutionMode": 0,
        "UpdateDocMode": 0,
        "FilterName": asked["filter"],
    }
    if asked.get("options"):
        options["FilterOptions"] = asked["options"]
    document = None
    try:
        address = uno.systemPathToFileUrl(asked["source"])
        document = desktop.loadComponentFromURL(address, "_blank", 0, properties(options))
        if document is None:
            return {"ok": False, "why": "not loaded"}
        data = uno.Any("[]com.sun.star.beans.PropertyValue", properties(EXPORT))
        target = uno.systemPathToFileUrl(asked["destination"])
        document.storeToURL(target, properties({"FilterName": "writer_pdf_Export", "FilterData": data}))
        return {"ok": True}
    except UnoException as refused:
        return {"ok": False, "why": type(refused).__name__}
    finally:
        if document is not None:
            document.close(True)


def properties(values: dict[str, Any]) -> tuple[Any, ...]:
    """UNO's way of naming arguments."""
    from com.sun.star.beans import PropertyValue

    return tuple(PropertyValue(name, 0, value, 0) for name, value in values.items())


def memory(office: subprocess.Popen[bytes]) -> int:
    """Resident memory of LibreOffice in MiB; 0 when it cannot be told."""
    try:
        with open(f"/proc/{office.pid}/statm", encoding="ascii") as statistics:
            return int(statistics.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // (1 << 20)
    except (OSError, IndexError):
        return 0


if __name__ == "__main__":
    main()
