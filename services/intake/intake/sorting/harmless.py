"""What a title may say besides the kind that a rule knows, and which languages the rules can read.

A title is short and formal. Whatever it says that is neither here, nor a name, nor a number is something that a person reads.
"""

from __future__ import annotations

from typing import Final

from intake.sorting.words import Lexicon, Text, Token, folded

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
KNOWN: Final = frozenset(folded(word) for word in TITLE_WORDS.split())
# Words that stand in any sentence. Where they do not, the rules do not understand what is written.
COMMON: Final = frozenset(
    folded(word)
    for word in [
        "og",
        "i",
        "å",
        "det",
        "er",
        "på",
        "en",
        "et",
        "som",
        "til",
        "for",
        "av",
        "at",
        "med",
        "har",
        "vi",
        "de",
        "den",
        "om",
        "fra",
        "eller",
        "ikke",
        "kan",
        "skal",
        "vil",
        "ved",
        "ein",
        "eit",
        "frå",
        "eg",
        "vi",
        "me",
        "ho",
        "han",
        "hun",
        "kjem",
        "ikkje",
        "jeg",
        "du",
        "der",
        "dei",
        "deg",
        "dere",
        "dykk",
        "så",
        "men",
        "når",
        "hei",
        "hilsen",
        "må",
        "var",
        "være",
        "vere",
        "the",
        "and",
        "of",
        "to",
        "in",
        "for",
        "is",
        "we",
        "our",
        "are",
        "with",
        "from",
        "you",
        "this",
        "that",
        "be",
        "will",
        "lea",
        "ja",
        "go",
        "ii",
        "leat",
        "mii",
        "dan",
        "ahte",
    ]
)
COMMON_SHARE: Final = 0.12
SHORTEST: Final = 4  # words that a text must have to be one
ENDINGS: Final = ("s", "en", "et", "a", "er", "ene", "ar", "ane", "e", "n", "t")


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


def _is_known(token: Token) -> bool:
    word = token.word
    if not word.isalpha() or len(word) == 1 or word in KNOWN or any(word.removesuffix(end) in KNOWN for end in ENDINGS):
        return True
    return bool(SPELLED.fitting(word))


SPELLED: Final = Lexicon(word for word in TITLE_WORDS.split() if len(word) > 6)
