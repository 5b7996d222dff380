# Korte kommandoer for eksemplene i håndboken: source docs/manual/sak.sh
# Trenger curl og jq. SAK er adressen til Sikker Sak. Informasjonskapselen ligger i en fil som bare du kan lese.

: "${SAK:=http://127.0.0.1:8000}"
SAK_KAPSEL=$(mktemp)

logg_inn() { # logg_inn BRUKER – mot stand-in for ID-porten, slik den finnes lokalt
  local videre
  videre=$(curl -sS -c "$SAK_KAPSEL" -o /dev/null -w '%{redirect_url}' "$SAK/login")
  videre=$(curl -sS -o /dev/null -w '%{redirect_url}' -d "user=$1" -d method=minid "$videre")
  curl -sS -b "$SAK_KAPSEL" -c "$SAK_KAPSEL" -o /dev/null "$videre"
  hvem
}

logg_inn_med() { # logg_inn_med VERDI – verdien av __Host-session fra en nettleser der du er logget inn
  local vert=${SAK#*://}
  printf '%s\tFALSE\t/\tTRUE\t0\t__Host-session\t%s\n' "${vert%%[:/]*}" "$1" >"$SAK_KAPSEL"
  hvem
}

hvem() { # hvem – hvem du er; husker verdien som endringer må sendes med
  hent me | jq -r .csrf_token >"$SAK_KAPSEL.csrf"
  hent me | jq '{name, roles, schools, session_ends_at}'
}

hent() { curl -sS -b "$SAK_KAPSEL" "$SAK/api/v1/$1"; }                      # hent STI
last_ned() { curl -sS -b "$SAK_KAPSEL" -o "$2" "$SAK/api/v1/$1"; }          # last_ned STI FIL
versjon() { # versjon STI – merkelappen (ETag) på det du leser, til den neste endringen
  curl -sS -b "$SAK_KAPSEL" -o /dev/null -w '%header{etag}' "$SAK/api/v1/$1" | tr -d '"'
}
sett() { # sett STI JSON [VERSJON] – erstatter det du har lest; uten versjon: oppretter det som ikke finnes
  if [ -n "${3:-}" ]; then _endring PUT "$1" "$2" -H "If-Match: \"$3\""; else _endring PUT "$1" "$2" -H 'If-None-Match: *'; fi
}
endre() { _endring PATCH "$1" "$3" -H "If-Match: \"$2\""; }                 # endre STI VERSJON JSON
send_lest() { # send_lest STI VERSJON [JSON] – gjør noe én gang med det du har lest
  _endring POST "$1" "${3:-}" -H "If-Match: \"$2\"" -H "Idempotency-Key: $(openssl rand -hex 16)"
}
send() { _endring POST "$1" "${2:-}" -H "Idempotency-Key: ${3:-$(openssl rand -hex 16)}"; } # send STI [JSON [NØKKEL]]

_endring() {
  local hvordan=$1 sti=$2 innhold=$3
  shift 3
  curl -sS -X "$hvordan" -b "$SAK_KAPSEL" -H "X-CSRF-Token: $(cat "$SAK_KAPSEL.csrf")" "$@" \
    ${innhold:+-H 'Content-Type: application/json' --data "$innhold"} "$SAK/api/v1/$sti"
}
