"""What stands beside each permission where roles are edited, in nynorsk and English; bokmål stands with the permission."""

from __future__ import annotations

from typing import Final

from sikkersak.identity.permissions import Permission

P = Permission
NYNORSK_AND_ENGLISH: Final[dict[Permission, tuple[str, str]]] = {
    P.OPEN_CASE: (
        "Opprette saker ved skular du er knytt til.",
        "Create cases at the schools you belong to.",
    ),
    P.OPEN_CASE_ANYWHERE: (
        "Opprette saker ved alle skular.",
        "Create cases at every school.",
    ),
    P.LIST_EVERY_CASE: (
        "Sjå saksnummer og tittel for alle saker ved alle skular, utan innhaldet.",
        "See the number and title of every case at every school, without the content.",
    ),
    P.READ_SCHOOL: (
        "Lese alle saker ved skular du er knytt til, også saker du ikkje er lagd til på.",
        "Read every case at the schools you belong to, also those you were not put on.",
    ),
    P.WRITE_SCHOOL: (
        "Skrive i alle saker ved skular du er knytt til.",
        "Write in every case at the schools you belong to.",
    ),
    P.CLOSE_SCHOOL_CASE: (
        "Avslutte saker ved eigen skule også når ein annan er hovudsaksbehandlar.",
        "Close cases at your own school also when somebody else is the main caseworker.",
    ),
    P.WITHDRAW: (
        "Setje ferdigstilte dokument ved eigen skule til «Utgår», med grunngjeving.",
        "Mark finished documents at one's own school «Utgår» (withdrawn), with a reason.",
    ),
    P.REOPEN_CASE: (
        "Opne att avslutta saker ved eigen skule, med grunngiving.",
        "Reopen closed cases at your own school, with a reason.",
    ),
    P.APPROVE: (
        "Godkjenne eller returnere dokument ved eigen skule.",
        "Approve or return documents at your own school.",
    ),
    P.GIVE_ACCESS: (
        "Gi andre tilgang til saker ved eigen skule, og ta tilgangen frå dei.",
        "Give others access to cases at your own school, and take it from them.",
    ),
    P.EMERGENCY_ACCESS: (
        "Ta naudtilgang til éi sak ved eigen skule, med grunngiving; leiinga ved skulen blir varsla.",
        "Take emergency access to one case at your own school, with a reason; the school's leaders are told.",
    ),
    P.READ_AUDIT: (
        "Sjå kven som har sett og endra saker ved eigen skule.",
        "See who has seen and changed cases at your own school.",
    ),
    P.READ_WHOLE_AUDIT: (
        "Søkje i heile hendingsloggen og hente signerte utdrag av han.",
        "Search the whole audit log and fetch signed extracts of it.",
    ),
    P.ANSWER_ACCESS_REQUESTS: (
        "Behandle innsynskrav ved eigen skule.",
        "Handle requests for access at your own school.",
    ),
    P.READ_JOURNAL: (
        "Sjå postlista for alle skular.",
        "See the mail list of every school.",
    ),
    P.ADMINISTER: (
        "Styre skular, tilsette, kodeverk, tekstmalar og innstillingar.",
        "Manage schools, staff, code lists, text templates and settings.",
    ),
    P.EDIT_ROLES: (
        "Bestemme kva kvar rolle kan gjere, og kven som har henne.",
        "Decide what each role may do, and who has it.",
    ),
    P.GRANT_FULL_ACCESS: (
        "Foreslå og stadfeste «tilgang til alt»; det krev alltid to personar.",
        "Propose and confirm “access to everything”; it always takes two persons.",
    ),
    P.KEEP_PUPILS: (
        "Registrere elevar og føresette ved alle skular.",
        "Register pupils and guardians at every school.",
    ),
    P.SEE_ALL_STAFF: (
        "Sjå tilsette ved alle skular, ikkje berre eigne.",
        "See the staff of every school, not only your own.",
    ),
    P.HANDLE_MAIL: (
        "Sjå all innkomande post, registrere, fordele og sende henne vidare.",
        "See all incoming mail, register, distribute and forward it.",
    ),
    P.READ_PLAN: (
        "Sjå planen «Post inn til skolar».",
        "See the plan for incoming mail.",
    ),
    P.EDIT_PLAN: (
        "Endre planen «Post inn til skolar» og reglane for kva som høyrer heime kvar.",
        "Change the plan for incoming mail, and the rules for what belongs where.",
    ),
    P.ARCHIVE_LOG: (
        "Sjå arkivloggen for eigen skule.",
        "See the archive log of your own school.",
    ),
    P.ARCHIVE_LOG_ALL: (
        "Sjå arkivloggen for alle skular.",
        "See the archive log of every school.",
    ),
    P.MEND_ARCHIVING: (
        "Rette og sende på nytt det arkivet ikkje tok imot.",
        "Mend and send again what the archive did not take.",
    ),
    P.FOLLOW_SENDINGS: (
        "Følgje brev og signeringar ved eigen skule, og prøve brev på nytt.",
        "Follow letters and signatures at your own school, and try letters again.",
    ),
    P.FOLLOW_ALL_SENDINGS: (
        "Følgje brev, vidaresendingar, varsel og signeringar ved alle skular.",
        "Follow letters, forwarding, notices and signatures at every school.",
    ),
    P.OPERATE: (
        "Sjå køar og leveringar utan innhald, og setje i gang arbeid på nytt.",
        "See queues and deliveries without their content, and set work going again.",
    ),
}


def explanations(permission: Permission) -> dict[str, str]:
    """The sentence by language: nb, nn, en. A permission that is newer than its translations has bokmål for all."""
    nynorsk, english = NYNORSK_AND_ENGLISH.get(permission, (permission.explanation, permission.explanation))
    return {"nb": permission.explanation, "nn": nynorsk, "en": english}
