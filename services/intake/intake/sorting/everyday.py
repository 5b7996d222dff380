"""Words of leave, transport, moving, grades and forms: what a letter for the general archive is made of.

A letter that says anything else is read by a person, whatever its title: no list of what is dangerous is ever complete,
so this is the list of what is not. Left out on purpose: words of mood, body, help, quarrel, being alone, and of what happened.
"""

from __future__ import annotations

from typing import Final

SMALL: Final = """
timane dagane vekene månadene årene åra forma
og i å det er på en et som til for av at med har vi de den om fra eller ikke kan skal vil ved ein eit frå eg me ho han
hun kjem ikkje jeg du der dei deg dere dykk så men når hei heisann hallo må var være vere vært vore blir bli vert
verte ble blei ha hatt hadde få får fikk fekk gi gir gis gitt gav ta tar tas tatt tok tek denne dette disse desse sin
sitt sine si hans hennes hennar deres deira min mitt mine mi vår vårt våre din ditt dine oss dem seg meg også òg
dermed derfor difor da då fordi siden sidan dersom hvis etter før innen innan under over mellom hos mot mens medan
samt både enten hver kvar hvert kvart annenhver annenhvert anna annankvar alle alt all noen nokon noe noko ingen
ingenting flere fleire mange mye mykje litt mest mer meir bare berre kun nå no her hit dit ut inn opp ned hjem heim
hjemme heime bort borte tilbake igjen ganger gang gong gonger hva kva hvem kven hvor hvordan korleis hvilken hvorfor
kunne kunna skulle ville vilje måtte bør burde ser se sjå sjer sett via per pr ca cirka ifm ifbm ift pga mtp iht jf
jfr evt eventuelt bl a osv kl nr tlf mva kr stk mvh hilsen helsing vennlig venleg hilsning takk forhånd førehand ja
nei jo selvfølgelig sjølvsagt gjerne helst dessverre diverre beklager seint sent tidlig tidleg tidligere tidlegare
snart straks allerede allereie enda ennå enno først fyrst sist siste neste samme same ny nytt nye gammel god godt fin
fint hyggelig hyggeleg stor liten lang langt lenge kort hel heile hele halv halvt full fullt første fyrste andre
tredje fjerde femte sjette sjuende åttende niende tiende to tre fire fem seks sju syv åtte ni ti elleve tolv tretten
fjorten femten seksten sytten atten nitten tjue tjueto tretti the and of in is we our are with from you this that be
will have has week weeks on by would like apply application dear school teacher best kind regards sincerely thank
thanks please son daughter child class grade family visit visiting travel travelling traveling abroad holiday vacation
wedding grandparents day days monday tuesday wednesday thursday friday january february march april may june july
august september october november december live km transport bus leave absence move moving moved new address during
period between until
"""
PEOPLE: Final = """
barn barnet barna born elev eleven elevene elevar foresatt foresatte føresett føresette forelder foreldre foreldra mor
mora far faren mamma pappa sønn sønnen sonen datter datteren dotter dottera jente jenta gutt gutten guttene guten bror
broren søster søsteren søsken sysken søskenbarn tvilling tvillinger tvillingar besteforeldre besteforeldra bestemor
bestefar mormor morfar farmor farfar tante onkel fetter kusine svigers svigerforeldre svigerfamilie slekt slektninger
familie familien venner vener lærer læreren lærar læraren kontaktlærer kontaktlærar rektor skoleleder skuleleiar
inspektør avdelingsleder trener klassekamerat naboen kommunen arbeidsgiver klubb klubben lag laget gruppe begge begges
navn namn født fødd
"""
TIME: Final = """
mandag måndag tirsdag tysdag onsdag torsdag fredag lørdag laurdag søndag sundag mandagen fredagen torsdagen januar
februar mars mai juni juli oktober desember jan feb mar apr jun jul aug sep sept okt nov des dag dagen dager dagar
dagene uke uka uken uker veke veka veker måned måneden måneder månad månaden månader år året årets skoleår skoleåret
skuleår skuleåret halvår halvåret termin terminen time timer timar timene klokken klokka morgen morgonen formiddag
ettermiddag kveld helg helga helgen langhelg påske påsken pinse pinsen jula nyttår sommer sommeren sommar sommaren
høst høsten haust hausten vinter vinteren våren ferie ferien høstferie vinterferie sommerferie juleferie påskeferie
fridag fridager feriedag feriedager planleggingsdag dato datoen datoer periode perioden perioder tidsrom varighet
oppstart start slutt starte startar slutte slutter sluttar begynne begynner begynnar byrje byrjar varer gjelde gjeld
gjelder gjaldt fram framover inneværende komande kommende tom fom
"""
LEAVE: Final = """
søke søker søkjer søkjar søkt søknad søknaden søknader søkna permisjon permisjonen permisjoner permsjon premisjon fri
ekstra ønske ønsker ønskjer ønskja ønskt lurer lurar spør håper håpar vonar grunn grunnet årsak anledning høve
forbindelse samband reise reiser reisar reis tur turen turer reisa reisen utland utlandet bryllup bryllaup bryllupet
gifteferdig konfirmasjon konfirmasjonen konfirmant dåp barnedåp jubileum bursdag fødselsdag feiring feire feirer
feirar selskap fest familiebesøk besøk besøke besøker besøkje vitje flyr fly flyreise flybillett billett billetter
billettar billig bestilt bestille kjøpt kjøper kjøpe hytte hytta skitur skiferie elgjakt jakt cup fotball fotballcup
håndball handball turnering turnera landsturnering landskamp stevne idrett idrettsstevne idrettsarrangement
konkurranse mesterskap norgesmesterskap nm vm kamp trening treningsleir leir speiderleir kulturskole konsert korps
korpstur dans danse opptreden musikk forestilling samling spille speler spiller spele delta deltar deltek deltakelse
representere kretslag klubbens arrangement lekse lekser leksene leksa skolearbeid skulearbeid arbeid jobb jobbe jobben
jobber oppgave oppgaver oppgåver oppgåve fag gjør gjere gjøre gjer undervisning undervisninga undervisningen
undervising opplæring opplæringa ansvar ansvaret nødvendig naudsynt avtale avtalt avtalen innvilge innvilget innvilga
godkjenne godkjent godkjend gjevast avslå avslag avslått avslås svar melde melder melding meldt beskjed informere
informerer informasjon skrive skriv vedlegg vedlagt forlenge sammenhengende samanhengande inntil maks høyst norge
noreg danmark sverige spania england tyskland frankrike italia polen tyrkia thailand kypros hellas kanariøyene
vestlandet østlandet sørlandet religiøs høytid id eid ramadan religion
"""
TRANSPORT: Final = """
skyss skyssen skoleskyss skoleskyssen skuleskyss skuleskyssen skysskort busskort kortet buss bussen skolebuss
skulebuss tog trikk båt ferge ferje drosje taxi kjøre kjører køyre køyrer kjøring bil bilen sykkel sykle sykler gå går
gange gangvei gangveg gangfelt fortau bo bor bur bodd budd bosatt busett bosted bustad adresse adressen adressa
adresser postnummer sted stad vei veien veg vegen skolevei skoleveien skoleveg skuleveg skulevei skulevegen riksvei
riksvegen fylkesvei hovedvei trafikk trafikkfarlig trafikkfarleg særlig særleg kilometer meter avstand avstanden målt
måle måling kart grense gjennomføres rett rettighet gratis tilbud holdeplass haldeplass stopp rute ruter rutetider
billettkontroll mangler mangle manglar mangel bestilling bestilles sender sende sendes sendt sendast post posten
utstede utstedt ordning ordningen kollektivselskap fylkeskommune fylkeskommunen skyssavdelingen skysskontor
skyssvedtak trinn trinnet klasse klassen klassetrinn riktig feil rettet endre endrer endring endringer endringar endra
endret oppdatere oppdatert opplyst gjeldende ordinær ordinært vanlig vanleg regel regler reglar reglement forskrift
lov loven lova opplæringslova opplæringsloven privatskoleloven paragraf vedtak vedtaket vedtakene vedtatt vurdert
vurdere vurdering begrunnelse grunngiving klage klager klagen klaga klagar klageadgang klagefrist frist fristen
mottatt motteke mottakelse behandle behandlet behandles behandling saksbehandling saksbehandlingstid opplyse vise
viser visning syner referanse
"""
SCHOOL: Final = """
skole skolen skoler skoleplass skule skulen skular nærskole nærskolen nærskule heimeskule ungdomsskole ungdomsskolen
barneskole barneskolen barneskule ungdomsskule videregående vidaregåande sfo skolefritidsordning skolefritidsordningen
skulefritidsordning plass plassen plasser redusert redusere reduksjon prosent oppsigelse oppseiing sier seier sies
opphør avslutte trenger treng trengs behov bruk bruke bruker brukar betale betaler betaling foreldrebetaling faktura
satser sats satsene beløp pris priser inntekt inntekten husholdning husholdningens husholdningen søskenmoderasjon
moderasjon tildelt tildele påmelding påmelde påmeldt åpningstid opningstid bytte bytter byte byter byttar skolebytte
skulebyte skulebytte flytte flytter flyttar flytting flyttet flytta flyttemelding innflytting utflytting innmeldt
utmeldt utmelding innmelding hus huset leilighet husvære bolig bygge bygger bygd krets krins skolekrets skulekrins
opptaksområde opptaksområdet område tilhøre tilhører hører høyrer kommune kommuner nabokommune nabokommunen
folkeregister folkeregistrert registrere registrert opptatt opptak bekrefte bekrefter bekreft bekreftelse stadfeste
stadfestar overføre overflytting venn vennligst karakter karakteren karakterer karakterar karakterane standpunkt
standpunktkarakter standpunktkarakteren vitnemål eksamen muntlig skriftlig prøve prøver prøvene innlevering
innleveringer levert levere leverer vurderingsgrunnlag grunnlag manglende manglande varsel varsle varsles varslar
varslet fare risiko miste sette satt settes nedsatt nedsett orden atferd åtferd oppførsel oppnådd måloppnåelse
kompetansemål matematikk norsk nynorsk engelsk naturfag samfunnsfag kunst håndverk handverk krle gym kroppsøving
spansk tysk fransk fremmedspråk valgfag utskrift karakterutskrift karakterkort halvårsvurdering heve mener meiner tror
trur synes synest fravær fraværet fråvær fråværet fraværsmelding fråværsmelding fraværsoversikt oversikt oversikten
liste lista lister elevliste anmerkning anmerkningen anmerkninger merknad merknaden merknader forsentkomming
forsentkomminger forsent glemt gløymt gløymte bok bøker bøkene utstyr pc nettbrett penal mobil mobiltelefon telefon
forstyrre forstyrring privatskole privatskolen privatskoler privatskule privatskulen friskole friskolen friskule
friskulen montessori montessoriskole montessoriskolen steinerskole steinerskolen godkjenning tilskudd tilskot
oversendt oversendes oversende oversending høring høyring driftstilskudd skoledrift fosterhjem fosterhjemmet
fosterheim fosterheimen fosterhjemsplassert dekning dekke dekker utgift utgifter utgiftene refusjon refusjonskrav
refundere krav kravet skolegang skulegang ressurs ressursdekning hjemkommune hjemkommunen heimkommune heimkommunen
følger følgjer enkeltvedtak samtykke samtykker samtykket samtykkje samtykkjer samtykt samtykkeskjema bilde bilder
bilete bileta foto fotografere fotografering film filme filmes publisere publiserer publisering nettside nettsiden
nettsider heimeside heimesida hjemmeside hjemmesiden avis lokalavis klassetur klasseturen aktivitet aktiviteter bade
bading svømming svømmehall underskrift underskriv signert signere skjema skjemaet digital digitalt inngå inngått
inngår delt delte fast faste brev felles foreldreansvar fordeling tilsendt gjensidig enige einige lik likt
"""
OFFICE: Final = """
vedrørende vedrørande angående angåande ang vedr sak saken saka saker saksnummer arkiv kopi kopimottaker mottaker
mottakar avsender avsendar kontakt telefonnummer epost mail lenke portal vigilo visma idporten elektronisk ber ynskjer
gjennom innsendt innkommet mottar tilsvarende følgende følgjande herved ovennevnte ovanfor nedenfor nedanfor tilsvar
orientering orientere orienterer retningslinje retningslinjer rutine rutiner kommunens skolens skulens elevens barnets
vedtaksdato gyldig gyldighet innvilgelse søkers søkeren søkjaren omgjøre omgjøres opprettholde opprettholdes
klagenemnd enhet seksjon avdeling kg alder antall tal nummer tallet sum total totalt minst høgst mindre enn større
lengre kortere nærmere nærare nær nærme rundt bortenfor
"""
MORE: Final = """
fått fåast gjort gjorde hendig kommet komet kome komme komer kommer kom gikk gjekk dra drar dreg dro drog reist reiste
dratt blitt vorte liker likar vite veit vet visste hørte høre høyre fortsatt framleis fortsette fortset fortsetter
heretter derav hvorav altså alltid aldri ofte sjeldent vanligvis vanlegvis nettopp nylig nyleg akkurat ganske veldig
svært heller likevel imidlertid omtrent nesten resten rest del deler delar ene annen annet hverandre kvarandre selve
sjølve slik slikt slike sånn tid tida tiden gangen eneste vegne vegner spørsmål mulighet muligheten moglegheit mulig
mogleg håp ønskelig ønskeleg viktig nyttig lærerik lærerikt flott stort glad gleder gler forståelse forståing forstår
svarfrist oppgi oppgir oppgitt opplyses legge legger legg lagt legges ligger ligg stå står fylle fyller fylt
underskrevet hente henter henta hentet følge følgje komplett årsdag årsdagen åttiårsdag femtiårsdag gullbryllup
sølvbryllup navnefest barnebarn hjemland hjemlandet heimland heimlandet opprinnelsesland slektning slektningar avreise
avreisen hjemreise heimreise retur returnere returnerer returbillett lander landar charter hotell camping campingvogn
bobil seile seiler seilbåt seiltur jordomseiling syden storby storbytur helgetur fjell fjellet fjelltur fiske fisketur
rein reindrift reinsamling reinskilling kalvemerking slåttonn onnearbeid lamming gård garden gården sau rimelig
rimeligere rimeleg rabatt dyr dyrt spare fellesferie skift skiftarbeid turnus turnusarbeid offshore nordsjøen sjø
sjøen arbeidsplass arbeidsplassen utenom utanom unntak unntaksvis anbefalt opplevelse oppleve oppleving kultur
kulturell språk lese leser lesing skriver skriving regne rekning plan planen planer planar planlagt planlegge
planlegger ukeplan ukeplanen vekeplan vekeplanen arbeidsplan chromebook ipad skisamling renn skirenn landsrenn
hovedlandsrenn langrenn alpint hopp skøyter skøytestevne svømmestevne friidrett turnstevne ishockey hockey sjakk
sjakkturnering hest ride ridestevne hestestevne agility regatta langdistanse uttatt uttak landslag kretssamling
regionsamling region forbund forbundet dansekonkurranse drill cheer cheerleading orkester kor musikal teater
teaterforestilling innspilling filminnspilling statist fjernsyn oppkjøring gudstjeneste presten kirke kirken kyrkje
kyrkja moske tannlege tannlegen tannlegetime tannregulering regulering frisør pass passkontor passtime visum ambassade
ambassaden statsborgerskap seremoni vielse forlovelse utdrikning eksamensfest vitnemålsutdeling skoleavslutning
avslutning avslutninga avslutningen besteforeldrebesøk dugnad flyttelass flyttebil vinterstid vinterskyss vinterføre
mørk mørkt mørke snø isete brøyte brøyting brøytet måking veiskulder fart fartsgrense sone tungtrafikk lastebil
lastebiler anleggstrafikk bro bru tunnel krysse kryss krysset overgang lys lyssatt belysning gatelys sti skog ras
rasfare elv usikret jernbane planovergang permanent midlertidig mellombels bostedsadresse hovedadresse gårdsnummer
bruksnummer reisekort mobilbillett app appen passasjer sitteplass setebelte avgang avgangstid avgangar ruteendring
forsinket forsinkelse forseinka innstilt påstigning avstigning busstopp busselskap sjåfør sjåføren skoleruta ruteplan
utstedes utsendes utsending hentested bestill stenge stengt stengd vegarbeid veiarbeid omkjøring bom bomstasjon
fergeleie kai heldag halvdag heldagsplass halvdagsplass kjernetid timeplass dagsplass utvide utvidet utviding
utvidelse frokost måltid oppholdstid ventetid venteliste hovedopptak barnehage barnehagen skolestarter skolestartere
førsteklasse førsteklassing skulestartar søskenrabatt faktureres fakturert giro avtalegiro regning restanse
moderasjonsordning skattemelding lønnsslipp dokumentasjon dokumentere dokumentert bruttoinntekt samlet stenger åpner
opnar åpent ope åpen leksehjelp leksetid planleggingsdager månedlig månadleg årlig årleg bindingstid oppsigelsestid
oppseiingstid skriftleg studier studere studerer studium overta overtar overtek overtakelse innflyttingsklart
ferdigstilt ferdig byggefelt tomt byen landet utenlands skoleplassen innskriving innskriven innskrevet avgiverskole
mottakerskole skolebevis postadresse hjemsted heimstad bydel bydelen tettsted stasjonert utstasjonert forsvaret
oppdrag stilling ansatt tilsett universitet høgskole husbygging tilhøyrer sogner soknar tilhørighet nærhet nærleik
nærmest nærast kapasitet ledig ledige overflytte overflyttes sommerferien høstferien etternavn fornavn etternamn
fornamn navneendring namneendring tentamen heldagsprøve gruppearbeid presentasjon framføring fremføring
underveisvurdering terminvurdering terminkarakter terminkarakterar sluttvurdering sluttkarakter tallkarakter bestått
stryk strøket vurderingskriterier kriterier kjennetegn læreplan læreplanen kompetanse kompetansemålene klageskjema
klagebehandling klageinstans klagerett nivå høyere høgare lavere lågare hevet senket urettferdig urettvis faglærer
faglærar faglæreren fagene faga innleveringsfrist grunnskole grunnskolen grunnskule privatist dagsfravær timefravær
enkelttime enkelttimer ført føre føres retting rettes feilført slette slettes udokumentert ugyldig forsov forsovet
vekkerklokke ordensreglement ordensregler ordensreglementet ordenskarakter atferdskarakter gymtøy kroppsøvingstøy
lærebok lærebøker skolebok skolebøker ryddig arbeidsbok personvern databehandler klassebilde skolekatalog årbok
facebook instagram sosiale medier intern ekstern tilbakekall tilbakekalle trekke trekker trekkjer overnatting
overnatte overnatter leirskole leirskolen leirskule museum museet bibliotek ekskursjon kino teatertur skidag
aktivitetsdag turdag sykkeltur sykkeldag svømmeundervisning bussreise avkrysset skoleeier skuleeigar styret styreleder
daglig dagleg leder leiar elevtall elevtal telling tellingsdato statstilskudd driftsgodkjenning navneliste namneliste
bekreftet bekreftes stadfesta fosterforeldre fosterfar fostermor bostedskommune bustadkommune refusjonssats timepris
regnskap bilag utgiftsoversikt beregning beregnet beregningsgrunnlag kontonummer fakturaadresse krever krevje kreve
likestilt likestilte informasjonsplikt kontaktinfo kontaktinformasjon primæradresse oddetallsuker partallsuker
oddetallsuke partallsuke skifter vekselvis ordninga samarbeider kontaktliste ham henne videre vidare finnes finst
tenke tenker tenkt tenkjer lurte ønsket ventet vente venter ventar velkommen treffe treffer finne finner finn solgt
selge selger sel lage lager koste koster kostar invitere invitert inviterte innbudt innbydelse invitasjon gjest
gjester gjestar arrangere arrangeres arrangert foregå foregår føregår organisere organisert ansvarlig ansvarleg medlem
medlemmer ung ungdom unge eldre eldst eldste yngst yngste sammen saman henholdsvis dagstur døgn kvelden vær været sol
penger pengar dyrere billigere billigare rimelegare utenfor utanfor tillatelse løyve greit ok bra unnskyld orsak
skjønner setter kontor kontoret ekspedisjon sekretær administrasjon administrasjonen merkantil vedlegger kurs kurset
seminar konferanse tjenestereise bekreftelsen egen eigen eget eige egne eigne tvillingene ungene ungane jentene gutane
storebror lillebror storesøster lillesøster storesyster søskenbarnet svigermor svigerfar besteforeldrene oldemor
oldefar gudmor gudfar fadder faddere samboer kone mann mannen ektefelle vennlegst tusen fremme ankomst ankommer
reiseplan reiserute reisedag reisedager skoledag skoledager skuledag skuledagar skoletid skoletime fagdag fredagsfri
uttaksstevne treningssamling klubbtur lagtur kulturtur juletur påsketur sommertur venskapsby vennskapsby utveksling
korpsstevne idrettslag idrettsskole fotballskole ridning dansestevne sommerleir vinterleir øvelse øving prøvespill
opptaksprøve hjemmefra heimanfrå skoleporten inngang inngangen kjørevei køyreveg strekning strekningen strekninga
lengde lengda rundkjøring industriområde næringsområde boligfelt bustadfelt gate gata gaten hastighet uoversiktlig
uoversiktleg sving svingete bratt smal busstid bussholdeplass nærmeste nærmaste kommunegrense skoletur
skoleskyssordning reisetid reiseavstand kartutskrift måleprogram innhold tekst punkt linje side sider tabell rad
kolonne kode prosjekt konto org organisasjonsnummer ordrenummer fakturadato forfallsdato forfall betalingsfrist merk
merkes attestert sjekke sjekk sjekker kontrollere kontrollert opplyser oppgitte riktige korrekt korrekte ønskte ynskt
ynskje takka takker takkar innvilges innvilgelsen avslaget avslår omgjort påklage påklages påklaga vilkår vilkåret
oppfylt oppfyller forutsetter føresetnad forutsetning tilstrekkelig tilstrekkeleg hensyn omsyn derimot således jamfør
nevnte nemnde ovenstående underretning kapittel ledd bokstav punktum
"""
