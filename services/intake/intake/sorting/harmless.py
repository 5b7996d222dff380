"""What a title may say besides the kind that a rule knows, and which languages the rules can read.

A title is short and formal. Whatever it says that is neither here, nor a name, nor a number is something that a person reads.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import Final

from intake.sorting import everyday
from intake.sorting.words import Lexicon, Text, Token, folded


def _folded(written: str) -> set[str]:
    return {folded(word) for word in written.split()}


TITLE_WORDS: Final = """
søknad søker søkjer søke søkjar melding skjema svar svarbrev vedr vedrørende vedrørande angående angåande ang gjelder gjeld om for fra frå til på i ved med og av den det de en ein ei et eit som
vår våre vårt dykkar deres dere din ditt mitt min sak saksnr saksnummer ref referanse nr skole skolen skule skulen skoleåret skuleåret skolestart skulestart elev eleven elevar elever barn barnet trinn klasse
uke veke uker veker dag dager dagar mandag måndag tirsdag tysdag onsdag torsdag fredag lørdag laurdag søndag januar februar mars april mai juni juli august september oktober november desember jan feb
høst haust vår sommer sommar vinter jul påske pinse ferie høstferie haustferie vinterferie juleferie sommerferie termin halvår år året perioden periode dato
permisjon permsjon premisjon permisjonssøknad permisjonssøkna søkna soknad fri ekstra ferie reise tur utland utlandet familie undervisning undervisninga undervisningen bryllup bryllaup konfirmasjon besøk leave absence application school apply from of the in and our
skoleskyss skuleskyss skyss skysskort skyssvedtak busskort buss skolebuss skulebuss avslag klage vedtak innvilget innvilga avstand trafikkfarlig trafikkfarleg skolevei skoleveg skuleveg svar kopi endring endra endret fornyelse fornying ny nytt nye søknaden skoleskys transport
sfo skolefritidsordning skulefritidsordning plass plassen oppsigelse oppseiing opphør redusert betaling foreldrebetaling feriedager feriedagar påmelding påmeld hel halv inntekt moderasjon søskenmoderasjon
skolebytte skulebyte skulebytte bytte byte flytting flytter flyttar flytte flyttemelding innflytting utflytting kommune kommunen adresse adresseendring utmelding innmelding inn ut
karakter karakterer karakterar karakteren karakterutskrift karakterkort standpunkt standpunktkarakter vitnemål varsel fare manglende manglande vurderingsgrunnlag nedsatt nedsett orden atferd åtferd oppførsel fag faget halvårsvurdering vurdering termin eksamen eksamenskarakter
norsk nynorsk bokmål engelsk matematikk naturfag samfunnsfag kroppsøving gym krle musikk kunst håndverk handverk mat helsefag spansk tysk fransk valgfag
fravær fråvær fraværsmelding fråværsmelding fraværsoversikt fråværsoversikt anmerkning anmerkninger merknad merknader forsentkomming timer timar oversikt
privatskole privatskule privatskolen friskole friskule montessoriskole steinerskole elevliste opptak godkjenning tilskudd tilskot ressurser ressursdekning ressurs dekning utgifter refusjon refusjonskrav krav enkeltvedtak fosterhjem fosterheim fosterhjemsplassert bosatt busett
samtykke samtykkje samtykkeskjema samtykkeerklæring bilder bilde bilete foto fotografering klassetur publisering bruk avtale delt bosted bustad foreldre
faktura fakturaer purring kreditnota tilbud tilbod anbud pristilbud ordrebekreftelse bestilling levering renhold reinhald vedlikehold maling varmeanlegg klasserom skolebygg skulebygg lærebøker læremidler skolefotografering skolefoto fotografering
skolerute skulerute utlysning utlysing stilling stillinger lærer lærar rektor brannøvelse brannøving budsjett høring høyring kurs tillitsvalgte nyhetsbrev dugnad komiteen komite fau møte hei hilsen mvh fwd fw sv vs re kl
"""
KNOWN: Final = frozenset(_folded(TITLE_WORDS))
EVERYDAY: Final = KNOWN | {
    folded(word)
    for many in (
        everyday.SMALL,
        everyday.PEOPLE,
        everyday.TIME,
        everyday.LEAVE,
        everyday.TRANSPORT,
        everyday.SCHOOL,
        everyday.OFFICE,
        everyday.MORE,
    )
    for word in many.split()
}
# What harmless words deny or exclude together, no list of words tells: «ho vil ikkje vere der». So these are counted strange.
NEGATIONS: Final = frozenset(_folded("ikke ikkje ingen ingenting aldri uten utan not never nobody no without"))
USUALLY_DENIED: Final = tuple(
    _folded("""rett gi gir innvil behov buss skyss anledning høve delta bestått godkjen vurdert karakter vurderingsgr grunnlag gangve
gangfelt fortau sykkelve lys plass levert innlever permisjon oppfyl""")
)
UNWILLING: Final = frozenset(_folded("vil ville tør torer får fikk fekk klarer klarar"))  # «vil ikke ta bussen»
USUALLY_NOT: Final = tuple(_folded("trenger treng gir gjev"))
# After a capital at the start of a sentence these tell that it was a name: «Mathias er borte».
AFTER_NAME: Final = frozenset(
    _folded("""
er har skal går kan vil må og i kjem kommer bor bur begynner byrjar slutter sluttar trenger treng
""")
)
SENTENCE_END: Final = ".!?:\n\r•-–"
SHORTEST_PART: Final = 3  # of a compound
# Words that stand in any sentence. Where they do not, the rules do not understand what is written.
COMMON: Final = frozenset(
    _folded("""
og i å det er på en et som til for av at med har vi de den om fra eller ikke kan skal vil ved ein eit frå eg vi me ho
han hun kjem ikkje jeg du der dei deg dere dykk så men når hei hilsen må var være vere the and of to in for is we our
are with from you this that be will lea ja go ii leat mii dan ahte
""")
)
# Beside these a name is a firm's, an office's, or the writer's own.
NO_PERSON: Final = frozenset(
    _folded("""
as asa sa ba ans da ab gmbh ltd inc org kommune fylkeskommune skole skule barneskole ungdomsskole direktorat
departement forbund norge noreg hilsen helsing mvh vennlig venleg kontaktperson saksbehandler sakshandsamar avd
avdeling bank regards
""")
)
COMMON_SHARE: Final = 0.12
SHORTEST: Final = 4  # words that a text must have to be one
ENDINGS: Final = (
    "s",
    "en",
    "et",
    "a",
    "er",
    "ene",
    "ar",
    "ane",
    "e",
    "n",
    "t",
    "r",
    "ne",
    "te",
    "es",
    "ens",
    "ets",
    "enes",
)


def is_readable(text: Text) -> bool:
    """Whether this is text in Norwegian, Sami or English, as far as its small words tell."""
    words = [token.word for token in text.tokens if token.word.isalpha()]
    if len(words) < SHORTEST:
        return False
    return sum(word in COMMON for word in words) >= len(words) * COMMON_SHARE


def unknown(title: Text) -> str | None:
    """The first word that is neither known, nor a number, nor written as a name."""
    is_shouting = title.clean.isupper()
    for token in title.tokens:
        if not _is_known(token) and (is_shouting or not title.clean[token.start].isupper()):
            return title.quote(token.start, token.end)
    return None


def strange(text: Text) -> str | None:
    """The first word of a letter that is neither an everyday word of its kinds, nor a number, nor a name."""
    words = [token.word for token in text.tokens]
    for at, token in enumerate(text.tokens):
        if token.word in NEGATIONS:
            if _is_usual(words, at):
                continue
            return text.quote(text.tokens[max(0, at - 1)].start, text.tokens[min(at + 2, len(words) - 1)].end)
        if _is_everyday(token.word):
            continue
        following = words[at + 1] if at + 1 < len(words) else ""
        if not _reads_as_name(text.clean, token, following):
            return text.quote(token.start, token.end)
    return None


def _is_usual(words: list[str], at: int) -> bool:
    """Whether this «ikke» is one of those that stand in ordinary letters: «ikke rett til skyss», «trenger ikke plassen»."""
    if words[max(0, at - 1)] in UNWILLING:
        return False
    return any(word.startswith(USUALLY_DENIED) for word in words[at + 1 : at + 4]) or words[max(0, at - 1)].startswith(
        USUALLY_NOT
    )


def _reads_as_name(written: str, token: Token, following: str) -> bool:
    if not written[token.start].isupper() or (
        token.end - token.start > 1 and written[token.start : token.end].isupper()
    ):
        return False
    before = written[: token.start].rstrip(" \t")
    return (bool(before) and before[-1] not in SENTENCE_END) or following in AFTER_NAME


@lru_cache(maxsize=20_000)
def _is_everyday(word: str) -> bool:
    """A known word, an inflection of one, or a compound of two."""
    if not word.isalpha() or len(word) == 1 or _is_inflected(word):
        return True
    parts = ((word[:at], word[at:]) for at in range(SHORTEST_PART, len(word) - SHORTEST_PART + 1))
    return any((one in EVERYDAY or one.removesuffix("s") in EVERYDAY) and _is_inflected(other) for one, other in parts)


def _is_inflected(word: str) -> bool:
    return word in EVERYDAY or any(word.removesuffix(end) in EVERYDAY for end in ENDINGS if len(word) > len(end) + 2)


def name_in(text: Text) -> str | None:
    """The first thing that looks like the name of a person who is written about: capitals in a row, no firm, no signature."""
    tokens, written = text.tokens, text.clean
    for at, (one, other) in enumerate(pairwise(tokens)):
        is_beside = written[one.end : other.start] in {" ", "_", "-"}
        if not (is_beside and _is_name(written, one) and _is_name(written, other)):
            continue
        around = {token.word for token in tokens[max(0, at - 3) : at + 5]}
        if not around & NO_PERSON:
            return text.quote(one.start, other.end)
    return None


def _is_name(written: str, token: Token) -> bool:
    is_capital = written[token.start].isupper() and written[token.start + 1 : token.end].islower()
    return is_capital and token.word.isalpha() and not _is_known(token)


def _is_known(token: Token) -> bool:
    if _is_everyday(token.word):
        return True
    return any(abs(len(token.word) - len(word)) <= SPELLING for word in SPELLED.fitting(token.word))


SPELLING: Final = 2  # letters that a misspelt word of a title is longer or shorter
SPELLED: Final = Lexicon({folded(word) for word in TITLE_WORDS.split() if len(word) > 6})
