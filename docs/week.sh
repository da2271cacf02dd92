#!/usr/bin/env bash
# One week between Mauritania (MR) and Mali (ML), played on this machine in about a minute: every kind of message,
# one that is refused of each, a hit that is confirmed and one that is not, a withdrawal, an expiry, an erasure, and
# a change of the accord. docs/week.md explains it step by step. Everybody and everything in it is invented.
#
#   docs/week.sh [--keep DIR] [KARAKORO]
#
# Prints a line for each step: who, what, what is expected, what came. Ends with 0 only if all of it came as expected.
set -euo pipefail
export LC_ALL=C.UTF-8 KARAKORO_LANG=en
unset KARAKORO_HOME

keep=
if [ "${1:-}" = --keep ]; then
    keep=${2:?--keep needs a folder}
    shift 2
fi
karakoro=$(realpath "${1:-target/debug/karakoro}")
[ -x "$karakoro" ] || { echo "no executable at $karakoro: cargo build" >&2; exit 2; }
if [ -n "$keep" ]; then
    mkdir "$keep"
    week=$(realpath "$keep")
else
    week=$(mktemp -d)
fi
cd "$week"

# ---- the stage: processes, waiting, and one line for each step --------------------------------------------------

declare -A node=()   # country -> process id of its node, while we run it
steps=0
wrong=0
day="(eve)"

# Ends what this script started, and nothing else.
leave() {
    local country
    for country in "${!node[@]}"; do
        kill "${node[$country]}" 2>/dev/null || true
        wait "${node[$country]}" 2>/dev/null || true
    done
    [ -n "$keep" ] || rm -rf "$week"
}
trap leave EXIT
trap 'exit 130' INT TERM

# A command at a country's home:  at mr sent
at() { local home=$1; shift; "$karakoro" --home "$week/$home" "$@"; }

# A command that an officer signs:  as mr-1 send alert.xml
as() { local officer=$1; shift; at "${officer%-*}" "$@" --key "$week/${officer%-*}/keys/officer-hq-${officer#*-}.key"; }

# The one place that waits: asks until the command says yes, at most 60 seconds.
await() {
    local what=$1 end=$((SECONDS + 60)); shift
    until "$@" >/dev/null 2>&1; do
        if [ $SECONDS -ge $end ]; then echo "after 60 s still not: $what" >&2; return 1; fi
        sleep 0.1
    done
}

# One line of the week. What differs from what was expected is counted, and the week goes on.
told() {
    local who=$1 what=$2 expected=$3 got=$4 mark="✓"
    steps=$((steps + 1))
    if [ "$expected" != "$got" ]; then mark="✗"; wrong=$((wrong + 1)); fi
    printf '%s %-10s %-8s %-70s expected: %-42s got: %s\n' "$mark" "$day" "$who" "$what" "$expected" "$got"
}

# Runs a command; $said is what it said, $status how it ended.
try() { status=0; said=$("$@" 2>&1 </dev/null) || status=$?; }

# does WHO WHAT COMMAND…: it must end with 0.
does() {
    local who=$1 what=$2; shift 2
    try "$@"
    told "$who" "$what" "exit 0" "exit $status"
    [ "$status" = 0 ] || echo "$said"
}

# says WHO WHAT WORDS COMMAND…: it must end with 0 and say these words.
says() {
    local who=$1 what=$2 words=$3 got; shift 3
    try "$@"
    if [ "$status" = 0 ] && grep -qF -- "$words" <<<"$said"; then got="$words"; else got="exit $status, without it"; fi
    told "$who" "$what" "$words" "$got"
    [ "$got" = "$words" ] || echo "$said"
}

# refused WHO WHAT EXIT WORDS COMMAND…: it must end with this exit code and these words of the rule.
refused() {
    local who=$1 what=$2 exit=$3 words=$4 got; shift 4
    try "$@"
    got="exit $status"
    if grep -qF -- "$words" <<<"$said"; then got="$got, $words"; else got="$got, without the words"; fi
    told "$who" "$what" "exit $exit, $words" "$got"
    [ "$got" = "exit $exit, $words" ] || echo "$said"
}

# What the other country's node decided on a message, as its row of facts says it.
verdict() { { at "$1" show "$2" || true; } 2>/dev/null | sed -n 's/.* → \(accepted ✓\|refused ✗ [0-9]*\).*/\1/p'; }
has_verdict() { [ -n "$(verdict "$1" "$2")" ]; }

# Every message that was sealed, for the report: country, id, kind, verdict that is expected.
noted() {
    local officer=$1 kind=$2 expected=$3 what=$4 got
    echo "${officer%-*} $id $kind $expected" >>messages
    await "the verdict on $id" has_verdict "${officer%-*}" "$id" || true
    got=$(verdict "${officer%-*}" "$id")
    told "$officer" "$what" "$expected" "${got:-no verdict}"
}

# sends OFFICER KIND FILE WHAT: sent, in both logs, and accepted by the other country. $id is the message's.
sends() {
    local officer=$1 kind=$2 file=$3 what=$4
    id=$(as "$officer" send --wait in-both-logs "$file" 2>send.err) || { cat send.err >&2; id=none; }
    id=${id##*$'\n'}
    noted "$officer" "$kind" "accepted ✓" "sends $kind: $what"
}

# acks OFFICER ID: a person says that they have read it.
acks() {
    local officer=$1 of=$2
    id=$(as "$officer" ack "$of" 2>/dev/null) || id=none
    id=${id##*$'\n'}
    noted "$officer" ack "accepted ✓" "has read $of"
}

# Starts a country's node; returns when it answers.
starts() {
    local home=$1
    "$karakoro" --home "$week/$home" node run >"$home.out" 2>>"$home.log" &
    node[$home]=$!
    await "the node of $home answers" answers "$home"
}
answers() { local status=0; at "$1" status || status=$?; [ "$status" -le 1 ]; }
linked() { at mr status && at ml status; }

# Stops a country's node; returns when it has ended.
stops() {
    kill "${node[$1]}"
    wait "${node[$1]}"
    unset "node[$1]"
}

day_ahead() { date -u -d "$1 days" +%Y-%m-%dT00:00:00Z; }
in_seconds() { date -u -d "$1 seconds" +%Y-%m-%dT%H:%M:%SZ; }

# A UDP port of this machine that nobody has bound.
free_port() {
    local port
    while :; do
        port=$((20000 + (RANDOM << 1) % 40000))
        grep -q ":$(printf %04X $port) " /proc/net/udp /proc/net/udp6 2>/dev/null || { echo $port; return; }
    done
}

# ---- the eve: two countries, their keys, their accord, their nodes ----------------------------------------------

fingerprint() { at "$1" --json certs fingerprint | sed 's/.*"own":{[^}]*"fingerprint":"\([0-9 ]*\)".*/\1/'; }

ports=("$(free_port)" "$(free_port)")
while [ "${ports[0]}" = "${ports[1]}" ]; do ports[1]=$(free_port); done
for country in mr ml; do
    does $country "makes its root and its keys, with two officers" \
        at $country certs init --country ${country^^} --officer hq-1 --officer hq-2
    does $country "writes the bundle for the other country" at $country certs bundle --out $country.bundle
done
refused mr "a bundle whose fingerprint is not what was read by telephone" 5 "Do not trust this file" \
    at mr certs import ml.bundle --fingerprint "$(fingerprint mr)"
does mr "trusts Mali's root, its fingerprint read by telephone" at mr certs import ml.bundle --fingerprint "$(fingerprint ml)"
does ml "trusts Mauritania's root, its fingerprint read by telephone" at ml certs import mr.bundle --fingerprint "$(fingerprint mr)"
does mr "prepares its node" at mr node init --country MR --peer ML --listen 127.0.0.1:${ports[0]} --dial 127.0.0.1:${ports[1]}
does ml "prepares its node" at ml node init --country ML --peer MR --listen 127.0.0.1:${ports[1]} --dial 127.0.0.1:${ports[0]}
# A line that was lost is noticed within seconds, and called again every second.
for country in mr ml; do
    sed -i 's/^\[link\]$/&\nkeep_alive_seconds = 1\nidle_seconds = 5\nretry_max_ms = 1000/' $country/karakoro.toml
done

"$karakoro" accord new | sed "s/^effective = .*/effective = $(day_ahead -7)/" >accord-1.toml
does mr "signs accord 1 with its root" at mr accord sign accord-1.toml
refused mr "installs what Mali has not signed" 4 "ML has not signed" at mr accord install accord-1.toml
does ml "signs accord 1 with its root" at ml accord sign accord-1.toml
does mr "installs accord 1" at mr accord install accord-1.toml
does ml "installs accord 1" at ml accord install accord-1.toml
for country in mr ml; do starts $country; done
await "the link is up" linked
says mr "asks how the node stands" "link up" at mr status

# ---- Monday, lundi: an alert, its reading, a bulletin -----------------------------------------------------------

day=Monday
# alert FILE CIRCLE: a CAP 1.2 file, about no person.
alert() {
    cat >"$1" <<CAP
<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
  <identifier>exemple-semaine-1</identifier>
  <sender>hq.dst@mr.border.example</sender>
  <sent>$(date -u +%Y-%m-%dT%H:%M:%S)-00:00</sent>
  <status>Exercise</status>
  <msgType>Alert</msgType>
  <scope>Restricted</scope>
  <restriction>TLP:AMBER+STRICT</restriction>
  <info>
    <language>fr</language>
    <category>Security</category>
    <event>Vol de bétail</event>
    <urgency>Expected</urgency>
    <severity>Moderate</severity>
    <certainty>Likely</certainty>
    <expires>$(date -u -d "3 days" +%Y-%m-%dT00:00:00)-00:00</expires>
    <headline>Exemple : bovins volés près d’Adel Bagrou</headline>
    <description>Une quarantaine de bovins à robe rousse, enlevés dans la nuit.</description>
    <instruction>Vérifier les marques sur les marchés ; ne pas poursuivre.</instruction>
    <area><areaDesc>Adel Bagrou</areaDesc><circle>$2</circle></area>
  </info>
</alert>
CAP
}
alert alert.xml "15.55,-7.03 25"
alert far.xml "48.85,2.35 25"
says mr-1 "checks the alert's file without sending it" "Vol de bétail" at mr cap check alert.xml
sends mr-1 alert alert.xml "cattle stolen near Adel Bagrou"
alert_id=$id
refused mr-1 "an alert about a place outside the agreed zone" 5 "alert.info.area: it names a place outside the agreed zone" as mr-1 send far.xml
acks ml-1 "$alert_id"
says mr-1 "sees that a person in Mali has read the alert" "read ✓" at mr show "$alert_id"
refused mr-1 "an acknowledgement of our own alert" 5 "the other country says when it has read it" as mr-1 ack "$alert_id"

# bulletin FILE PERSONS PURPOSE
bulletin() {
    cat >"$1" <<JSON
{ "kind": "bulletin", "mode": "Exercise", "tlp": "TLP:GREEN",
  "grounds": { "handling": "H0", "purpose": "$3" },
  "content": {
    "region": "MR-02", "from_ms": "$(day_ahead -7)", "to_ms": "$(day_ahead 0)", "number": 1,
    "sections": [{ "language": "fr", "title": "Marchés à bétail", "text": "Semaine calme aux postes désignés." }],
    "counts": [
      { "label": "Certificats contrôlés", "value": 120, "persons": false },
      { "label": "Passages à pied", "value": $2, "persons": true } ] } }
JSON
}
bulletin bulletin.json 40 COMMUNITY_SAFETY
bulletin few.json 3 COMMUNITY_SAFETY
sends mr-1 bulletin bulletin.json "the week in Hodh el Gharbi"
refused mr-1 "a bulletin that counts 3 people" 5 "is 3; expected 5 or more, or 0" as mr-1 send few.json

# ---- Tuesday, mardi: six entries of the watchlist, one of them a person -----------------------------------------

day=Tuesday
# entry FILE PURPOSE ACTION SUBJECT [FIELD…]: what adds an entry, on the ground of a report of theft. Its first lines
# are what every change of it says again, so `amend` takes the same file without kind and change.
entry() {
    local file=$1 purpose=$2 action=$3 subject=$4 more=${5:-} expires=${6:-$(day_ahead 180)}
    cat >"$file.grounds" <<JSON
  "mode": "Exercise", "priority": "priority", "tlp": "TLP:AMBER+STRICT",
  "grounds": {
    "handling": "H2", "purpose": "$purpose", "evaluation": { "source": "B", "information": "2" },
    "basis": { "instrument": "THEFT_REPORT", "reference": "PV-0000/EXEMPLE",
               "authority": "Brigade d’Exempleville", "decided_ms": "$(day_ahead -2)" } },
JSON
    cat >"$file.entry" <<JSON
    { "action": "$action", "valid_from_ms": "$(day_ahead -1)", "review_due_ms": "${7:-$(day_ahead 90)}",
      "expires_ms": "$expires", "case_ref": "DOSSIER-EXEMPLE", $more
      "instruction": "Prévenir le quartier général.",
      "subject": { $subject } }
JSON
    cat >"$file" <<JSON
{ "kind": "watchlist-update",
$(cat "$file.grounds")
  "content": { "change": "ADD", "version": 1, "content":
$(cat "$file.entry") } }
JSON
}
vehicle='"vehicle": { "plate": "0000 EX 00", "chassis": "EX-CHASSIS-0001", "country": "MRT", "make": "Exemple"'
entry vehicle.json STOLEN_PROPERTY SEIZE "$vehicle, \"colour\": \"blanc\" }"
entry firearm.json ARMS_TRAFFICKING SEIZE \
    '"firearm": { "type": "pistolet", "make": "Exemple", "serial": "EX-0003", "state": "STOLEN" }'
entry vessel.json STOLEN_PROPERTY LOCATE \
    '"vessel": { "name": "L’Exemple 2", "type": "pirogue", "hull": "EX 4", "river": "Karakoro" }'
entry herd.json CATTLE_THEFT HOLD_FOR_OWNERSHIP_CHECK \
    '"livestock": { "species": "CATTLE", "count_min": 35, "count_max": 40, "coat": "robe rousse",
        "brand": { "site": "THIGH", "side": "LEFT", "strokes": ["10,10 50,50 90,10"] },
        "ear_marks": [{ "shape": "NOTCH", "side": "RIGHT" }] }' '"hold_hours": 24,'
paper='"type": "PASSPORT", "number": "EX0000002", "state": "STOLEN", "since_ms": "'$(day_ahead -5)'"'
entry document.json DOCUMENT_FRAUD RETAIN_DOCUMENT "\"document\": { \"issuer\": \"MLI\", $paper }"
entry foreign.json DOCUMENT_FRAUD RETAIN_DOCUMENT "\"document\": { \"issuer\": \"MRT\", $paper }"
entry person.json CATTLE_THEFT SPECIFIC_CHECK \
    '"person": { "names": [{ "value": "Exemple Ould Fictif", "kind": "BIRTH", "script": "LATIN", "reliability": "HIGH" }],
        "father": "Fictif Ould Exemple", "birth": { "year": 1981, "exactness": "YEAR" }, "nationalities": ["MRT"],
        "status": "SOUGHT", "minor": false }'

sends mr-1 watchlist-update vehicle.json "a vehicle, to be seized";            vehicle_id=$id
sends mr-1 watchlist-update firearm.json "a firearm, to be seized"
sends mr-1 watchlist-update vessel.json "a boat, to be located"
sends mr-1 watchlist-update herd.json "a herd, to be held until its owner is known"; herd_id=$id
sends ml-1 watchlist-update document.json "a passport of Mali, to be retained"; document_id=$id
refused ml-1 "a passport that Mali did not issue" 5 "expected the state that sends this, ML" as ml-1 send foreign.json
refused mr-1 "a person whom one officer lists alone" 5 "two persons" as mr-1 send person.json

person_id=$(as mr-1 propose person.json 2>/dev/null)
says mr-2 "reads the draft that mr-1 signed" "Exemple Ould Fictif" at mr drafts show "$person_id"
seen=$(at mr --json drafts show "$person_id" | sed 's/.*"fingerprint":"\([0-9a-f-]*\)".*/\1/')
refused mr-1 "the author approves what they wrote" 5 "author cannot approve" as mr-1 approve "$person_id" --yes --seen "$seen"
does mr-2 "approves exactly what was read" as mr-2 approve "$person_id" --yes --seen "$seen"
id=$person_id
noted mr-2 watchlist-update "accepted ✓" "has sent watchlist-update: a person, signed by two officers"
says ml-1 "sees the person on the watchlist" "$person_id" at ml watchlist ls

# ---- Wednesday, mercredi: two hits, a question and its answer ---------------------------------------------------

day=Wednesday
# hit FILE ENTRY MATCHED OUTCOME ACTION
hit() {
    cat >"$1" <<JSON
{ "kind": "hit-report", "mode": "Exercise", "refs": [{ "id": "$2", "relation": "HIT_ON" }],
  "grounds": { "handling": "H2", "purpose": "STOLEN_PROPERTY" },
  "content": { "entry": "$2", "version": 1, "at_ms": "$(in_seconds 0)", "post": "ML-P-NARA",
    "matched": [$3], "outcome": "$4", "action": "$5", "adults_along": 1, "minors_along": 0 } }
JSON
}
hit confirmed.json "$vehicle_id" '"PLATE", "VIN"' CONFIRMED DONE
hit other.json "$person_id" '"NAME"' NOT_SAME NONE_DUE
hit name.json "$person_id" '"NAME"' CONFIRMED DONE
sends ml-1 hit-report confirmed.json "the vehicle is held at Nara: CONFIRMED"; hit_id=$id
acks mr-1 "$hit_id"
sends ml-1 hit-report other.json "a traveller of the same name, and another man: NOT_SAME"
refused ml-1 "a hit that a name alone confirms" 5 "names, birth dates, brands or ear marks alone" as ml-1 send name.json

# question FILE PRIORITY
question() {
    cat >"$1" <<JSON
{ "kind": "info-request", "mode": "Exercise", "priority": "$2",
  "grounds": { "handling": "H1", "purpose": "STOLEN_PROPERTY" },
  "content": { "type": "INFORMATION", "question": "À qui ce véhicule doit-il être rendu ?",
    "about": "$vehicle_id", "deadline_ms": "$(day_ahead 2)" } }
JSON
}
question question.json priority
question urgent.json urgent
sends ml-1 info-request question.json "to whom is the vehicle to be given back?"; question_id=$id
refused ml-1 "a question that is urgent and does not say why" 5 "expected why it is urgent" as ml-1 send urgent.json
# answer FILE HANDLING
answer() {
    cat >"$1" <<JSON
{ "kind": "info-response", "mode": "Exercise", "refs": [{ "id": "$question_id", "relation": "ANSWERS" }],
  "grounds": { "handling": "$2", "purpose": "STOLEN_PROPERTY" },
  "content": { "result": "FOUND", "text": "À la brigade d’Exempleville, qui prévient le propriétaire." } }
JSON
}
answer answer.json H2
answer loose.json H0
sends mr-1 info-response answer.json "to the brigade that took the report"
refused mr-1 "an answer that is handled more loosely than the question" 5 "the handling is looser" as mr-1 send loose.json

# ---- Thursday, jeudi: what is wrong is put right, flagged, withdrawn --------------------------------------------

day=Thursday
# correction FILE MESSAGE
correction() {
    cat >"$1" <<JSON
{ "kind": "correction", "mode": "Exercise", "refs": [{ "id": "$2", "relation": "CORRECTS" }],
  "grounds": { "handling": "H2", "purpose": "STOLEN_PROPERTY" },
  "content": { "field": "update.content.subject.vehicle.colour", "old": "$(printf %s blanc | sha256sum | cut -c1-64)",
    "new": "gris", "reason": "Couleur mal relevée au dépôt de la plainte.", "tell": ["ML-P-NARA"] } }
JSON
}
correction correction.json "$vehicle_id"
correction theirs.json "$document_id"
sends mr-1 correction correction.json "the vehicle is grey"
refused mr-1 "a correction of what Mali wrote" 5 "only its owner corrects it" as mr-1 send theirs.json

# The entry itself follows: the next version, whole.
entry grey.json STOLEN_PROPERTY SEIZE "$vehicle, \"colour\": \"gris\" }"
printf '{ %s "content": %s }\n' "$(cat grey.json.grounds)" "$(cat grey.json.entry)" >amend.json
refused ml-1 "Mali amends Mauritania's entry" 5 "only its owner changes an entry" \
    as ml-1 watchlist amend "$vehicle_id" amend.json --reason NEW_INFORMATION
id=$(as mr-1 watchlist amend "$vehicle_id" amend.json --reason NEW_INFORMATION 2>/dev/null | tail -n 1)
noted mr-1 watchlist-update "accepted ✓" "amends the vehicle: version 2"
says ml-1 "sees what changed" "gris" at ml watchlist history "$vehicle_id"

# withdrawal FILE ENTRY VERSION
withdrawal() {
    cat >"$1" <<JSON
{ "kind": "watchlist-update", "mode": "Exercise", "grounds": { "handling": "H2" },
  "content": { "change": "WITHDRAW", "entry": "$2", "version": $3, "reason": "PURPOSE_MET" } }
JSON
}
withdrawal jump.json "$herd_id" 7
refused mr-1 "version 7 after version 1" 5 "the version is not the one after the last" as mr-1 send jump.json

# flag FILE ENTRY
flag() {
    cat >"$1" <<JSON
{ "kind": "flag", "mode": "Exercise",
  "grounds": { "handling": "H2", "basis": { "instrument": "ACCORD", "reference": "article 0 (exemple)",
    "authority": "Parquet d’Exempleville", "decided_ms": "$(day_ahead -1)" } },
  "content": { "entry": "$2", "meaning": "NOT_EXECUTABLE_HERE", "reason": "Une décision de justice s’y oppose ici." } }
JSON
}
flag flag.json "$herd_id"
flag own.json "$document_id"
sends ml-1 flag flag.json "the herd is not held here"; flag_id=$id
refused ml-1 "a flag on Mali's own entry" 5 "only the owner may amend or withdraw" as ml-1 send own.json

refused ml-1 "Mali withdraws Mauritania's entry" 5 "only its owner changes an entry" \
    as ml-1 watchlist withdraw "$person_id" --reason ERROR
refused mr-1 "a withdrawal without a reason" 2 "--reason" as mr-1 watchlist withdraw "$person_id"
id=$(as mr-1 watchlist withdraw "$person_id" --reason MISTAKEN_IDENTITY --note "Autre personne du même nom." 2>/dev/null | tail -n 1)
withdrawal_id=$id
noted mr-1 watchlist-update "accepted ✓" "withdraws the person: mistaken identity"
for country in mr ml; do
    says $country "sees the person withdrawn" "withdrawn" at $country watchlist show "$person_id"
done

# ---- Friday, vendredi: communities, rights, review, an officer's refusal, an erasure ----------------------------

day=Friday
# community FILE TEXT
community() {
    cat >"$1" <<JSON
{ "kind": "community-report", "mode": "Exercise", "tlp": "TLP:AMBER+STRICT",
  "grounds": { "handling": "H2", "purpose": "COMMUNITY_SAFETY", "evaluation": { "source": "X", "information": "4" } },
  "content": { "theme": "CATTLE_THEFT", "place": "MR-02", "from_ms": "$(day_ahead -2)", "to_ms": "$(day_ahead -1)",
    "text": "$2", "language": "fr", "screened": true } }
JSON
}
community community.json "Un troupeau inconnu a été vu de nuit, en route vers le sud."
community informant.json "Rappeler celui qui l’a vu au +222 00 99 88 77."
sends mr-1 community-report community.json "a herd was seen at night"; community_id=$id
refused mr-1 "a report with somebody's telephone number" 5 "looks like a telephone" as mr-1 send informant.json

# rights FILE DEADLINE
rights() {
    cat >"$1" <<JSON
{ "kind": "rights-request", "mode": "Exercise", "grounds": { "handling": "H2", "purpose": "REDRESS" },
  "content": { "right": "DELETE", "case_number": "DROITS-EXEMPLE-1", "deadline_ms": "$2", "about": "$person_id",
    "text": "La personne demande l’effacement." } }
JSON
}
rights rights.json "$(day_ahead 30)"
rights late.json "$(day_ahead -1)"
sends ml-1 rights-request rights.json "the person asks for deletion"
refused ml-1 "a request whose deadline is past" 5 "request.deadline_ms" as ml-1 send late.json

# review FILE DUE
review() {
    cat >"$1" <<JSON
{ "kind": "review-notice", "mode": "Exercise", "grounds": { "handling": "H2" },
  "content": { "entry": "$herd_id", "due_ms": "$2" } }
JSON
}
review review.json "$(day_ahead 90)"
review wrong-day.json "$(day_ahead 91)"
sends mr-1 review-notice review.json "the herd's review is due in 90 days"
refused mr-1 "a notice of another day than the entry's" 5 "does not keep to the agreed period" as mr-1 send wrong-day.json

# objection FILE CODE
objection() {
    cat >"$1" <<JSON
{ "kind": "refusal", "mode": "Exercise", "grounds": { "handling": "H2" },
  "content": { "refused": "$community_id", "code": $2, "reason": "La zone indiquée est trop vague pour agir." } }
JSON
}
objection objection.json 2
objection unknown.json 999
sends ml-1 refusal objection.json "the report is too vague to act on"
refused ml-1 "a refusal for a reason that no rule has" 5 "the number of a refusal" as ml-1 send unknown.json

refused mr-1 "an erasure that nobody confirmed" 2 "nothing was erased" as mr-1 erase "$person_id" --basis request-granted
for about in "$person_id" "$withdrawal_id"; do
    says mr-1 "erases, on both sides: $about" "erased" \
        as mr-1 erase "$about" --basis request-granted --reference DROITS-EXEMPLE-1 --yes --wait
    echo "$about" >>erased
done
for country in mr ml; do
    try at $country show "$person_id"
    name=gone
    if [ "$status" != 0 ] || grep -qF "Fictif" <<<"$said"; then name="still there"; fi
    told $country "looks for the name in what is left of the message" gone "$name"
done

# ---- Saturday, samedi: the line is cut; the clock goes on -------------------------------------------------------

day=Saturday
entry short.json STOLEN_PROPERTY LOCATE "$vehicle }" "" "$(in_seconds 15)" "$(in_seconds 14)"
sends mr-1 watchlist-update short.json "a vehicle, for 15 seconds"; short_id=$id
says ml-1 "sees it in force" "active" at ml watchlist show "$short_id"
stops mr
link_down() { ! at ml status; }
await "Mali notices that the line is cut" link_down
expired() { at ml watchlist show "$short_id" | grep -q expired; }
await "the entry expires" expired || true
says ml-1 "sees it expired by its own clock, with the line cut" "expired" at ml watchlist show "$short_id"

# A question that is in force for eight seconds, and arrives later than that: our node takes it, the other refuses it.
cat >brief.json <<JSON
{ "kind": "info-request", "mode": "Exercise", "expires": "$(in_seconds 8)",
  "grounds": { "handling": "H1", "purpose": "STOLEN_PROPERTY" },
  "content": { "type": "INFORMATION", "question": "Le véhicule est-il au marché en ce moment ?",
    "about": "$vehicle_id", "deadline_ms": "$(day_ahead 1)" } }
JSON
id=$(as ml-1 send brief.json 2>/dev/null) || id=none
id=${id##*$'\n'}
told ml-1 "sends a question in force for 8 seconds, the line cut" "sealed" "$(at ml show "$id" | grep -o -m 1 sealed | head -n 1)"
brief_over=$(($(date +%s) + 9))
over() { [ "$(date +%s)" -ge "$brief_over" ]; }
await "the question has expired on the way" over
starts mr
await "the link is up again" linked
noted ml-1 info-request "refused ✗ 5" "Mauritania's node refuses what expired on its way"
says mr "says by which rule, in French" "il est expiré" at ml --lang fr show "$id"

# ---- Sunday, dimanche: the accord changes -----------------------------------------------------------------------

day=Sunday
bulletin crime.json 40 SERIOUS_CRIME
refused mr-1 "a bulletin for a purpose that accord 1 does not list" 5 "grounds.purpose: this kind of message may not serve this purpose" as mr-1 send crime.json
hash=$("$karakoro" --json accord show accord-1.toml | sed 's/.*"hash":"\([0-9a-f]*\)".*/\1/')
sed -e "/^# ==== end of the text/,\$d" -e "s/^version = 1$/version = 2/" -e "s/^replaces = .*/replaces = \"$hash\"/" \
    -e "s/^effective = .*/effective = $(in_seconds 10)/" \
    -e '/^\[kinds.bulletin\]/,/^purposes/s/^purposes = \[/&"SERIOUS_CRIME", /' accord-1.toml >accord-2.toml
refused mr "both read what becomes looser" 1 "looser:" "$karakoro" accord diff accord-1.toml accord-2.toml
for country in mr ml; do does $country "signs accord 2" at $country accord sign accord-2.toml; done
for country in mr ml; do does $country "installs accord 2" at $country accord install accord-2.toml; done
under_two() { at "$1" --json status | grep -q '"accord":{"in_force":{[^}]*"version":2'; }
for country in mr ml; do
    await "accord 2 is in force at $country" under_two $country
    says $country "goes by accord 2" "accord 2 (" at $country status
done
await "the link is up under accord 2" linked
sends mr-1 bulletin crime.json "for the purpose that accord 2 lists"
says analyst "a chart for i2 of what is in force" "chart" as mr-1 export i2 --exercise --out chart
refused mr "installs accord 2 once more" 5 "held already" at mr accord install accord-2.toml

# ---- The end: both stop, an auditor compares, the report --------------------------------------------------------

day="(end)"
for country in mr ml; do
    at $country sent -n 500 >sent.$country
    at $country inbox -n 500 >inbox.$country
    while read -r from id kind expected; do
        if [ "$from" = "$country" ]; then
            at $country show "$id" | sed -n "\$s/^ */$country $id $kind: /p"
        fi
    done <messages >facts.$country
done
for country in mr ml; do
    stops $country
    does $country "exports both logs for the auditor" at $country audit export --out export.$country
done
try "$karakoro" audit compare export.mr export.ml
told auditor "compares what the two countries exported" "exit 0" "exit $status"
comparison=$said
for log in export.mr/*; do
    does auditor "verifies $log" "$karakoro" audit verify "$log"
done
does mr "writes the evidence of the alert" at mr audit prove "$alert_id" --out alert.evidence
does auditor "verifies that evidence from the file alone" "$karakoro" audit verify alert.evidence

# Every message that a node lists was meant, and every one that was meant is listed, sent by one and received by the other.
ids() { sed -n 's/^\([0-9a-f]\{8\}-[0-9a-f-]*\) .*/\1/p' "$1" | sort; }
meant() { sed -n "s/^$1 \([^ ]*\) .*/\1/p" messages | sort; }
count=$(wc -l <messages)
for pair in mr:ml ml:mr; do
    from=${pair%:*} to=${pair#*:}
    told "$from" "lists as sent what the week sent" "$(meant $from | wc -l) messages" \
        "$(comm -12 <(meant $from) <(ids sent.$from) | wc -l) messages"
    told "$to" "lists as received the same" "$(meant $from | sha256sum | cut -c1-8)" "$(ids inbox.$to | sha256sum | cut -c1-8)"
done
# A row of facts: in both logs, judged as expected, erased where it was erased.
accounted=0
while read -r from id kind expected; do
    row=$(grep " $id " facts.$from || true)
    ok=1
    [[ $row == *"received by "*"in both logs ✓"*"$expected"* ]] || ok=0
    if grep -q "$id" erased; then [[ $row == *erased* ]] || ok=0; fi
    accounted=$((accounted + ok))
    [ $ok = 1 ] || echo "not as expected ($expected): $row"
done <messages
told both "have every fact of every message" "$count" "$accounted"
kinds=$(cut -d ' ' -f 3 messages | sort -u | wc -l)
told both "have used every kind" 13 "$kinds"

printf '\nEvery message of the week with its facts:\n'
cat facts.mr facts.ml
printf '\n%s\n\n' "$comparison"
if [ $wrong != 0 ]; then
    echo "WEEK: $wrong of $steps steps did not come as expected"
    exit 1
fi
echo "WEEK: the two logs agree; $count messages of $kinds kinds, every fact accounted for; $steps steps as expected"
