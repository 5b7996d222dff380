"""Signs: words that say or hint that mail is about a pupil's own matter (M2). No rule outweighs them.

They stand in the product and not in the rule sets: whoever edits rules can add to what is kept from being forwarded,
never take away. Where one is found, a person looks first, whatever the title says. They are many and wide on purpose:
one leave application too many with a person costs a minute, one child's case in another mailbox cannot be undone.

How a word is written: `words`. Bokmål and nynorsk side by side, then Sami and English.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class SignGroup:
    """Words of one kind. What is `telling` speaks for a pupil's case by itself; the rest only keeps mail here."""

    name: str
    is_telling: bool
    words: tuple[str, ...]


def _group(name: str, written: str, *, telling: bool = False) -> SignGroup:
    return SignGroup(
        name, telling, tuple(word for line in written.splitlines() for one in line.split(",") if (word := one.strip()))
    )


GROUPS: Final = (
    _group("Bekymring og barnevern", """
bekymr, *bekymring, urolig for, uroleg for, *barnevern, *omsorgssvikt, omsorgsov, omsorgssit, omsorgsevn, omsorgsplan, omsorgspers, manglende omsorg, manglande omsorg, dårlig omsorg, omsorgen for, omsorg for, omsorga for, vanskjøtsel, vanskjøtt, forsømt, forsømm, overlatt til seg
akuttplass, beredskapshjem, beredskapsheim, barneheim, barnehjem, institusjonsplass, melding til barne, undersøkelsessak, undersøkingssak
sulten, svolten, svolt, alene hjemme, aleine heime, alene ute, aleine ute, ute om natt, uten tilsyn, utan tilsyn, rømt, rømte, rømmer, rømning, savnet, sakna
skitne, skitten, vanstelt, ikke mat, ikkje mat, uten mat, utan mat, uten matpakke, utan matpakke, lekser overlatt, barnehus, barnehuset, umsorg
mánáidsuodj, suodjalus, fuolastuhtt, maanavaarjel, mánájsuodj, worried, concern, child protect, child welfare, neglect, safeguarding
""", telling=True),
    _group("Vold og overgrep", """
*vold, voldsom, "vald", valdeleg, valdsutsett, *overgrep, overgrip, *mishandl, *mishandel, *blåmerke, blå merke, *kvelertak, kvelt, strupetak
slår, slått, slåss, "slo", slåing, sparker, sparket, sparka, spark, dytt, lugg, klyp, klor, bitt, biter, banker opp, banket opp, juling, juling, angrep, angrip
*trussel, *trussl, *trugsmål, truet, truer, truende, trua, trugar, truga, "true", drept, drepe, drap, kniv, våpen, pistol, gevær, skutt, skyte, voldt, valdta, *voldtekt, *valdtekt
*seksuel, sexuel, samleie, incest, blottet, blotte, beføl, tafs, berørt upassende, nakenbilde, nakenbilete, nakenfoto, *krenk, grooming, overgriper
tvangsekte, tvangsgift, giftes bort, gifte seg bort, bortgift, kjønnsleml, omskjær, omskåret, *æresrel, sosial kontroll, ekstremis, radikalis, nazi
kidnapp, bortfør, bortført, tatt med ut, tatt barn, uten min godkjen, utan mi godkjen, uten samtykke, utan samtykke, uten mitt samtykke, krisesent, krisesenter, voldsalarm, valdsalarm, besøksforbod, besøksforbud
politi, *avhør, anmeld, melde til politi, kriminal, kriminell, straffbar, straffesak, siktet, sikta, fengsel, fengsl, arrest, tyveri, stjålet, stjeler, stolen, stole frå, hærverk, brann på, tent på
innelåst, innestengd, innestengt, låst inne, låst ute, bundet fast, holdt fast, drar hardt, dro hardt, hardt i armen, tvang, tvunget, tvinga, fysisk inngrep, tar på jent, tar på gut, tar på barn, tar på elev, tok på, gjort noe mot, gjort noko mot, tatt på, tok på
veahkaváld, illastuhtt, rihkku, violen, abus, assault, threat, hit him, hit her, hits him, hits her, beaten, bruise, knife, weapon, molest, rape, police
""", telling=True),
    _group("Rus og selvskading", """
"rus", rusa, ruset, rusmid, rusmis, rusbruk, rusproblem, rusfor, rustest, beruset, *rusmiddel, narkotik, narko, "dop", hasj, cannabis, marihuana, kokain, amfetamin, alkohol, drikker, drakk, fyll, overdose, snus, røyking, røyke, vape, vaping, tabletter, piller
*selvmord, *sjølvmord, sjølmord, suicid, ta livet, tatt livet, ikke leve, ikkje leve, vil dø, ville dø, ikke orker, ikke orke, ikkje orkar, *selvskad, *sjølvskad, skader seg, skadar seg, skade seg, skada seg, kutter seg, kutte seg, spiseforstyr, spiseproblem, etevanskar, anoreks, bulimi
sluttet å spise, slutta å ete, spiser ikke, et ikkje, kaster opp, drugs, alcohol, suicid, self harm, stopped eating
""", telling=True),
    _group("PPT, utredning og tilrettelegging", """
ppt, pp tjenest, pp tenest, pp kontor, pp rådgiv, pp rådgjev, "ppt's", *pedagogisk psykolog, sakkyndig, sakkunnig, sakkyn, sakunnig, sakyndig, henvis, tilvis, tilmeld
*spesialunder, *spesialpedagog, spes ped, spesped, individuelt tilrett, individuell tilrett, individuell opplær, individuell plan, individuelt opplær, individuelle mål, "iop", iop en, tilpasset opplær, tilpassa opplær, intensiv opplær
*tilrettel, *tilrettelegging, *logoped, statped, særskilt, særskild, særlige behov, særlege behov, spesielle behov, ekstra behov, ekstra oppfølg, ekstra hjelp, ekstra ressurs, ekstra tid, støtte, støttetime, stønad, støtteundervis, *assistent, *kartlegg, *utred, *utgrei, *observasjon, observert
*oppfølg, tiltak, enkeltundervis, liten gruppe, en til en, ein til ein, 1 1, egen lærer, eigen lærar, egen voksen, eigen vaksen, ekstra voksen, ekstra vaksen, miljøarbeid, *miljøterap, *tegnspråk, *teiknspråk, opplesing, fritak, friteken, fritatt, omvalg, lærevansk, fagvansk, lesevansk, skrivevansk, matematikkvansk, konsentrasj, språkvansk, *vansker, *vanskar, forsterket, forsterka, alternativ opplæring, alternativ skole, alternativ skule
pedagogisk rapport, opplæringsplan, evaluering av, årsevaluer, årsvurder, halvårsrapport, § 5 1, § 11, § 12, § 9 a, 9 a sak, 9 a 4, 9 a 5, kapittel 9 a, kap 9 a, paragraf 9 a, kapittel 12, kapittel 11, paragraf 12
áššedovdi, sierraoahp, spesiálaoahp, sierra oahp, special need, special ed, assessment, individual education, learning difficult
""", telling=True),
    _group("Helse", """
*helse, "syk", syke, sykt, sykdom, sykemeld, sykmeld, *sykehus, "sjuk", sjuke, sjukt, sjukdom, sjukemeld, *sjukehus, *hospital, "lege", legen, leger, legar, legeerkl, legetime, legeattest, legevakt, legeuttal, legekontor, *fastlege, lækjar, *doktor, klinikk
*psyki, *psykolog, psykose, "bup", bup en, bupa, dps, habilit, habu, epikris, diagnos, adhd, "add", *autis, asperg, tourett, dyslek, dyskalk, *epilep, *diabet, *astma, *allerg, cøliak, kreft, svulst, leukemi, migrene, eksem, astmatisk
medisin, medikament, resept, *operasjon, operer, *innleggelse, innlegging, innlagt, lagt inn på, legges inn, leggjast inn, *undersøkelse, utskriv, rullestol, krykke, gips, brukket, brekt, knekt, *funksjonsned, *funksjonshem, *utviklingshem, nedsatt syn, nedsatt hør, *synshem, *hørselshem, *høyrselshem, hørselstap, høreapparat, høyreapparat
døv, blind, "cp", cerebral, down syndrom, syndrom, angst, panikk, depri, depre, traume, ptsd, *skolevegr, *skulevegr, *skolenekt, *ufrivillig, vegring, fysioter, *ergoter, *hjelpemid, *terapi, terapeut, "behandler", "behandlar", pasient, rehab av, opptrening
gravid, abort, feber, forkjøl, omgangssyk, vondt, smerte, skadd, skadet, *skade på kropp, hjernerist, hjernerystelse, utslitt, utmatt, utbrent, sove, søvn, sluttet å sove, svimmel, besvim, anfall, krampe, *vaksin, smitt, sårbar, transseksuell, transkjønn, kjønnsidentitet, kjønnsinkong, sjelden diagnose, sjelden sykdom, kronisk, *biopsi, blodprøv, røntgen, kontroll på, avlast, støttekont, grunnstønad, hjelpestønad, ahus, haukeland, rikshosp, ullevål, st olav, radiumhosp, sunnaas, beitostølen, frambu, unn tromsø, catosenter, spesialist, helgelandssyk, omsorgspeng, pleiepeng, "nav"
dearvvašvuoh, buozalmas, buohcci, buohcc, psykalaš, doavtter, health, "sick", sickness, "ill", illness, disease, hospital, doctor, medic, diagnos, psycholog, therap, disab, wheelchair, surgery, depress, anxiety
""", telling=True),
    _group("Skolemiljø", """
*mobb, *mobing, mobber, mobba, plag, erter, erta, ertet, erting, *utesteng, stengt ute, stengd ute, holdt utenfor, holdes utenfor, halden utanfor, seg utenfor, seg utanfor, er utenfor, er utanfor, blir utenfor, blir utanfor, helt utenfor, heilt utanfor, utenfor i klass, utanfor i klass, utenfor gjeng, alltid utenfor, utenforskap, utanforskap, *utfrys, frosset ut, frosen ut, fryst ut, fryses ut, *hets, trakasser, *skolemiljø, *skulemiljø, *aktivitetsplan, *aktivitetsplikt, *aktivitetsplikten, håndhevings, handhevings
trives ikke, trivest ikkje, trivst ikkje, ikke trives, ikkje trivst, *mistriv, vantriv, trivsel, ikke trygg, ikke trygt, ikkje trygg, ikkje trygt, seg trygg, lite trygg, *utrygg, *utrygt, baksnakk, nettmobb, stygge ting, stygge ord, kaller ham, kaller henne, kalla ho, kalt, kalla for, ingen venn, ikke venn, ikkje venn, ikke noen å være, alene i friminutt, aleine i friminutt, står alene, står aleine, alene på skole
rasis, diskrim, slemm, ekle, ekkel, ventar på han, venter på ham, kommentarer om, snapchat, filmet, filma, delt bilde
givssid, doarradall, bully, bullied, harass, picked on, excluded
""", telling=True),
    _group("Uro og vansker", """
redd, "redsel", engst, urolig, uroleg, det tøft, tøft for, har det tungt, det tungt, trenger en pause, treng ein pause, sliten, sliten av, hakker på, hakkar på, forlenget tid, forlenga tid, hendels, hendinga, gruppe om, inntil videre, inntil vidare, ikke på alvor, ikkje på alvor, det som skjedde, det som hende, roer seg, roar seg, toler ikk, toler ikkje, forferdel, klassemilj, otte, *vanskelig, *vanskeleg, *utfordr, sliter, "slit", strever, strevar, strir, kjemper med, gråt, gråter, "gret", græt, grin, griner, lei seg, lei meg for, trist, ulykk, ensom, einsam, isoler, motløs, sint, sinne, aggress, raseri, utager, utager, krise, *problem, bråk, krangl, roping, skrik
ikke tør, tør ikke, tørr ikke, ikke torer, torer ikke, torer ikkje, tør ikkje, tør han, tør hun, våger ikke, vågar ikkje, nekter, nektar, nekta, nektet, vil ikke på, vil ikke til, vil ikke gå, vil ikkje på, vil ikkje til, vil ikkje gå, vil ikke være, ikke lyst, ikkje lyst, orker, orkar, betrodd, fortalt, forteller at, fortel at, fortell at, fortalde, sier at han, sier at hun, seier at han, seier at ho, sier han, sier hun, seier han, seier ho, hjelp oss, trenger hjelp, treng hjelp, ber om hjelp, hjelp til, hjelpe, vet ikke hva, veit ikkje kva, ikke hatt det, ikkje hatt det, har det ikke, har det ikkje, hvordan det går, korleis det går, hvordan han har, hvordan hun har
mye borte, mykje borte, ofte borte, borte mye, lenge borte, ikke vært på skolen, ikkje vore på skulen, slutter å, sluttet å gå, ikke møtt, ikkje møtt, ikke møter, ikkje møter, har ikke vært, har ikkje vore, uteblitt, uteblir, møte med hjem, møte med heim, møte med foresatt, mistet interesse, ikke lenger glad, endret seg, endra seg, forandret seg, forandra seg, stille i timen, konflikt, uenigh, uvenn, mistank, mistenk, avslørt, hemmelig, hemmeleg, adferd, atferdsvansk, åtferdsvansk, hverdagen er, ikke greit, ikkje greitt, noe galt, noko gale, "gale", ikke bra, ikkje bra, ikke godt, ikkje godt, skulk, tapt, taper
afraid, scared, "cry", "cries", crying, "sad", "alone", lonely, difficult, problem, help us, refuses, refused, refusing
"""),
    _group("Familie og vern", """
sperret adr, sperra adr, hemmelig adr, hemmeleg adr, skjult adr, skjult, skjule, *fortrolig, *fortruleg, gradert, kode 6, kode 7, adressesperr, *taushet, *teieplikt, konfidens, unntatt off, unnt off, unnateke off, u off, offl § 13, strengt
*samlivsbrudd, samlivsbrot, bruddet, skilsm, skilt, skilde, skilje, separer, separas, gikk fra, gått fra, barnefordel, foreldretvist, foreldrekonf, samvær, samver, sak om foreldre, mistet foreldre, uten foreldreansvar, rettssak, rettsak, tingrett, lagmannsrett, "dom", dommen, advokat, vår klient, ikke hente, ikkje hente, får hente, skal ikke ha, skal ikkje ha, må ikke få, må ikkje få, ikke få vite, ikkje få vite, ikke gjøres kjent, far har ikke, mor har ikke, imot at, uten at far, uten at mor, stefar, stemor, *familievern, meklings, mekling
dør, døde, død, dødsf, bortgang, gikk bort, gjekk bort, begrav, gravferd, bisett, sorg, sørge, ulykke, ulukke, kondolanse, brann hjemme, mista, mistet mor, mistet far
retten, "vitne", vitnar, vitner, sitter inne, sit inne, soning, "gift", giftet, bo hos, bu hos, foreldre blir, foreldra blir, beskyttelse, nemnda, live with, hvor vi bor, kvar vi bur, vite hvor, vite kvar, få se, få sjå, si til far, si til mor, løslatt, lauslaten, giftes, married, kastet ut, kasta ut, går fra ham, før han merker, før ho merkar, asyl, flyktning, enslig mindre, einsleg mindre, utvis, utsendelse, fattig, "gjeld", ubestemt tid, ukjent varighet, uviss tid, ikke tilbake, ikkje tilbake, kommer ikke tilbake, kjem ikkje tilbake
divorc, custody, secret addr, restrain, died, funeral, refugee
"""),
    _group("Møter, samtaler og notater om elev", """
*ansvarsgrupp, *elevmøt, møteinnkall, møteinkall, *innkalling, innkaller, *kalles inn, kallar inn, kalla inn, møtereferat, *referat, referer, *samarbeidsmøt, samrådsmøt, overgangsmøt, oppstartsmøt, *drøfting, drøfte, dialogmøt, krisemøt, *elevsamtale, samtale, samtalar, snakke med, snakka med, snakket med, prate med, *notat, journalnot, loggf, logg fra, stafettlogg, "bti", bedre tverr, tverrfag, *elevmappe, elevmapp, *rapport, *epikrise, vurderingen av elev, ringe meg, ring meg, ta kontakt så snart, haster, hastar, *anbefaling, *tilråd, *uttalelse, uttale om, redegjør, gjere greie, gjøre rede, meldeplikt, opplysningsplikt, *opplysninger om, opplysningar om, innhent, utveksle opplys, utveksling av opplys, *lovbrudd, brudd på, brot på
meeting notice, minutes of, report
"""),
)  # fmt: skip

# Who writes is a sign of its own, whatever is written.
SENDERS: Final = _group("Avsender", """
ppt, pp tjenest, pp tenest, pp kontor, *pedagogisk psykolog, *barnevern, *bup, barne og ungdomspsyk, *psykiat, *psykolog, *sykehus, *sjukehus, helse, *helsestasjon, *helsetjen, *helsetenest, *helsesykepl, *helsesjukepl, *fastlege, legesent, legekont, legevakt, "lege", lækjar, habilit, habu, rehabilit, statped, *logoped, fysioter, ergoter, *politi, *krisesent, barnehus, statens barne, *statsforvalt, fylkesmann, *familievern, "nav", *advokat, *fosterhjemstj, *fosterheimst, bufetat, bufdir, *kriminalomsorg, *omsorg, mánáidsuodj, doavtter, tingrett, mobbeombud, *ombud, barnehjem, institusjon, konfliktråd, flyktning, *klinikk, hospital, terapi
""", telling=True)  # fmt: skip
