"""The rules that the product comes with: M2 and M3 of the mission, in the words that senders use.

They become version 1 when no rule set is there yet; from then on administrators' versions hold.
"""

from __future__ import annotations

from typing import Final

from sikkersak.contracts.sorting import Belonging, SortingCondition, SortingField, SortingRule

F = SortingField
NAMED: Final = (F.TITLE, F.SHIPMENT_TYPE, F.DOCUMENT_NAME)
EVERYWHERE: Final = (*NAMED, F.TEXT)
TITLE: Final = "Standardregler"


# Longer than schools grant: where a child is taken to, and by whom, is a person's to ask.
LONG: Final = "måned, månad, month, halvt år, et år, eit år, fire uker, fire veker, fem uker, fem veker, seks uker, seks veker, sju uker, åtte uker, åtte veker, ti uker, tolv uker, 4 uker, 5 uker, 6 uker, 7 uker, 8 uker, 9 uker, 10 uker, 12 uker, 4 veker, 5 veker, 6 veker, 8 veker, four weeks, six weeks, eight weeks"
FOSTER: Final = "*fosterh, *fosterf, *fostermor, *fosterbarn"  # known only to the rule that is for them
CHILD: Final = "*elev, barn, born, sønn, son vår, datter, dotter, jente, jenta, gut, gutt, pike, bruker, født, fødd, fødselsn, personnummer, foresatt, foreldre til, samtale, tolk"


def _words(written: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in written.replace("\n", ",").split(",") if one.strip())


def _here(name: str, named: str, fields: tuple[SortingField, ...] = NAMED) -> SortingRule:
    return SortingRule(
        name=name, belonging=Belonging.HERE, conditions=(SortingCondition(fields=fields, words=_words(named)),)
    )


def _away(name: str, named: str, text: str, unless: str = FOSTER, *, names_nobody: bool = False) -> SortingRule:
    """A kind that the title names and the text bears out: one of them alone is not enough to send it away."""
    return SortingRule(
        name=name,
        belonging=Belonging.GENERAL_ARCHIVE,
        conditions=(
            SortingCondition(fields=NAMED, words=_words(named)),
            SortingCondition(fields=(F.TEXT,), words=_words(text)),
        ),
        unless=(SortingCondition(fields=EVERYWHERE, words=_words(unless)),),
        names_nobody=names_nobody,
    )


HERE: Final = (
    _here("Bekymring og barnevern", "bekymringsmeld, melding om bekymring, *barnevern, undersøkelsessak, omsorgssvikt, mánáidsuodj"),
    _here("PPT og sakkyndig vurdering", "sakkyndig, sakkunnig, sakyndig, ppt, pp tjenest, pp tenest, *pedagogisk psykolog, henvis, tilvis, tilmelding, *logoped, áššedovdi"),
    _here("Tilrettelagt opplæring", 'iop, "iop", individuell opplæringsplan, individuelt tilrett, individuell tilrett, *spesialunder, *spesialpedagog, tilpasset opplær, tilpassa opplær, tilrettelagt opplær, tilrettelagd opplær, årsevaluering, pedagogisk rapport, special education, individuell plan'),
    _here("Skolemiljø", "*skolemiljø, *skulemiljø, *mobb, mobing, *krenkelse, *krenking, § 9 a, 9 a sak, § 12, *aktivitetsplan, håndhevingssak, handhevingssak"),
    _here("Helse og utredning", '"bup", epikris, habilit, *utredning, *utgreiing, legeerkl, diagnos, *skolevegr, *skulevegr, *hjelpemidd, *sykehus, *sjukehus, psykolog, selvskad, sjølvskad'),
    _here("Møter om elev", "*ansvarsgrupp, *elevmøt, møteinnkall, innkalling til samarb, innkalling til ansv, innkalling til møte om elev, innkalling til overgang, *samarbeidsmøt, samrådsmøt, overgangsmøt, referat fra elev, referat frå elev, referat fra ansv, referat fra samarb, internt notat om elev, *elevmappe, elevsamtale"),
    _here("Hjelpeinstans er avsender", 'ppt, pp tjenest, pp tenest, *barnevern, "bup", barne og ungdomspsyk, habilit, statped, krisesenter, krisesent, barnehus, *helsesykepl, *helsesjukepl, mánáidsuodj, *logoped, familievern', (F.SENDER_NAME,)),
    _here("Sakkyndig vurdering i teksten", "sakkyndig vurdering, sakkunnig vurdering, individuell opplæringsplan, innkalling til ansvarsgruppe, *ansvarsgruppemøt, bekymringsmelding, individuelt tilrettelagt opplær, individuelt tilrettelagd opplær, *aktivitetsplan, opplæringslova § 11 6, opplæringslova § 12, opplæringsloven § 12, barnevernsloven, barnevernslova", (F.TEXT,)),
)  # fmt: skip
AWAY: Final = (
    _away("Skoleskyss", "skoleskyss, skuleskyss, skyss, busskort, skolebuss, skulebuss, school transport",
          '*skyss, buss, *busskort, drosje, taxi, "km", kilometer, skolevei, skoleveg, skuleveg, skulevei, avstand, transport'),
    _away("Permisjon", "permisjon, permsjon, premisjon, fri fra skole, fri frå skule, fri fra undervis, fri frå undervis, søknad om fri, søknad fri, søke om fri, ekstra fri, leave of absence, application for leave, virgelohp",
          '*permisjon, permsjon, premisjon, "fri", ferie, reise, reiser, tur, bryllup, bryllaup, konfirm, besøk, leave, travel, turnering, cup, stevne',
          f"{FOSTER}, {LONG}"),
    _away("Skolebytte og flytting", "skolebytte, skulebyte, skulebytte, bytte skole, byte skule, bytte av skole, byte av skule, flyttemeld, melding om flytt, melding om inn, melding om ut, flytting, flytter, flyttar, innflytting, utflytting, utmelding av elev, change of school",
          "flytt, innflytt, utflytt, bytt, byte skule, byter, ny skole, ny skule, ny adresse, kommune, opptaksområd, skolekrets, krins, begynn, move, moving"),
    _away("SFO", "sfo, skolefritid, skulefritid", "sfo, skolefritid, skulefritid, plass, feriedag, foreldrebetaling, oppsigelse, seier opp, sier opp"),
    _away("Karakterer", "karakter, standpunkt, vurderingsgrunnlag, varsel om manglende vurd, karakterutskrift, vitnemål, nedsatt orden, nedsatt atferd, nedsett orden, halvårsvurdering med karakter",
          "karakter, standpunkt, vurderingsgrunnlag, vitnemål, termin, eksamen, orden, atferd, åtferd, oppførsel"),
    _away("Fravær og anmerkninger", "fravær, fråvær, fråværsmeld, anmerkning, merknad i orden, merknader i orden, forsentkom, absence",
          "fravær, fråvær, anmerkning, merknad, forsentkom, for sent, for seint, timer, timar, dager, dagar, borte, orden, bortreist, reise"),
    _away("Privatskole", "privatskole, privatskule, friskole, friskule, montessori, steinerskole, steinerskule",
          "privatskole, privatskule, friskole, friskule, montessori, steinerskole, privatskoleloven, opptak, elevliste, godkjenning",
          f"{FOSTER}, vedtak, ressurs"),
    _away("Fosterhjem og ressurser", "ressursdekning, refusjon fosterhj, refusjonskrav fosterhj, dekning av utgift, enkeltvedtak og ressurs, ressurser til elev bosatt i fosterhj, elev i fosterhj, elev i fosterheim, fosterhjemsplassert elev",
          "refusjon, dekning, utgift, beløp, sats, ressursdekning, hjemkommune, heimkommune", unless="*fosterbarn"),
    _away("Samtykke", "samtykke, samtykkje, samtykkeskjema, consent",
          "bilde, bilete, foto, fotograf, nettside, heimeside, hjemmeside, klassetur, tur, publiser, film, bading, svømming, kamera, nettbrett, google, spotify, teams",
          f"{FOSTER}, henvis, tilvis, opplysning, utveksl, ppt, samarbeid"),
    _away("Delt bosted", "delt bosted, delt bustad, delt omsorg, avtale om bosted, avtale om bustad, shared custody",
          "delt bosted, delt bustad, annenhver, annankvar, anna kvar, begge foreld, begge skal, avtale"),
    _away("Faktura og tilbud", "faktura, purring, kreditnota, tilbud, pristilbud, ordrebekreft, bestilling, anbud, tilbod",
          'beløp, forfall, mva, pris, "kr", kontonummer, leverer, leveranse, levering, betaling, utskifting, anlegg, montering', CHILD, names_nobody=True),
    _away("Skoleadministrasjon", "skolerute, skulerute, stillingsutlys, utlysning av, utlysing av, ledig stilling, brannøv, brannvern, vedlikehold, renhold, reinhald, dugnad, 17 mai, kurs for, nyhetsbrev, nyheitsbrev, budsjett, skolebygg, skulebygg, læremidler, lærebøker, høring av, fau møte, skolefoto, skolefotograf, klassebilde",
          "skole, skule, kommune, lærer, lærar, rektor, stilling, søknadsfrist, påmelding, frist, høring, fau, møte, bygg, øvelse, øving", CHILD, names_nobody=True),
)  # fmt: skip
PERSON: Final = (
    SortingRule(
        name="Innsyn og advokat",
        belonging=Belonging.FOR_A_PERSON,
        conditions=(SortingCondition(fields=NAMED, words=("innsyn", "advokat", "rettshjelp", "partsinnsyn")),),
    ),
)
DEFAULT_RULES: Final[tuple[SortingRule, ...]] = (*HERE, *PERSON, *AWAY)
