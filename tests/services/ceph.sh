#!/usr/bin/env bash
# A real S3 server for tests: Ceph's monitor, one OSD and the RADOS Gateway from Debian's packages, on 127.0.0.1
# without systemd. Everything it makes lives in one folder.
#
#   ceph.sh start FOLDER PORT     ready when it returns; FOLDER/s3.conf has the settings of a bucket "daylight"
#   ceph.sh stop FOLDER           ends the processes it started, by their ids
#
# Needs the packages ceph-mon ceph-osd ceph-mgr radosgw ceph-common curl and about 1 GB in FOLDER.
set -euo pipefail

readonly ACCESS_KEY=daylight-test-access SECRET_KEY=daylight-test-secret

wait_for() { # wait_for SECONDS COMMAND...
  local deadline=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    if [ $SECONDS -ge $deadline ]; then
      echo "ceph.sh: gave up waiting for: $*" >&2
      return 1
    fi
    sleep 0.2
  done
}

start() {
  local folder port mon_port fsid
  mkdir -p "$1"
  folder=$(readlink -f "$1") port=$2 mon_port=$((port + 1)) fsid=$(cat /proc/sys/kernel/random/uuid)
  mkdir -p "$folder"/{mon,osd,run,log}
  cat >"$folder/ceph.conf" <<CONF
[global]
fsid = $fsid
mon host = [v2:127.0.0.1:$mon_port/0]
keyring = $folder/keyring
run dir = $folder/run
admin socket = $folder/run/\$name.asok
log file = $folder/log/\$name.log
pid file = $folder/run/\$name.pid
crash dir = $folder/log
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
public addr = 127.0.0.1
cluster addr = 127.0.0.1
[mon.a]
mon data = $folder/mon
[osd.0]
osd data = $folder/osd
osd objectstore = bluestore
bluestore block size = 1073741824
bluestore cache size = 33554432
osd memory target = 939524096
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:$port
rgw thread pool size = 16
rgw enable usage log = false
CONF
  local ceph=(-c "$folder/ceph.conf") name
  ceph-authtool --create-keyring "$folder/keyring" --gen-key -n mon. --cap mon 'allow *' >/dev/null
  for name in client.admin client.rgw osd.0; do
    ceph-authtool "$folder/keyring" --gen-key -n "$name" --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *' >/dev/null
  done
  ceph-mon "${ceph[@]}" --mkfs -i a --mon-data "$folder/mon" --keyring "$folder/keyring" --mon-initial-members a --public-addrv "[v2:127.0.0.1:$mon_port/0]"
  ceph-mon "${ceph[@]}" -i a --public-addrv "[v2:127.0.0.1:$mon_port/0]"
  wait_for 30 timeout 5 ceph "${ceph[@]}" status
  local osd_id
  osd_id=$(ceph "${ceph[@]}" osd new "$(cat /proc/sys/kernel/random/uuid)")
  ceph-osd "${ceph[@]}" -i "$osd_id" --mkfs --no-mon-config --osd-uuid "$(ceph "${ceph[@]}" osd dump | sed -nE 's/^osd\.0 .* ([0-9a-f-]{36})$/\1/p')" 2>>"$folder/log/mkfs.log"
  ceph-osd "${ceph[@]}" -i "$osd_id"
  wait_for 30 sh -c "ceph -c '$folder/ceph.conf' osd stat | grep -q '1 up'"
  radosgw "${ceph[@]}" -n client.rgw
  wait_for 60 curl -fsS -o /dev/null "http://127.0.0.1:$port/"
  radosgw-admin "${ceph[@]}" -n client.rgw user create --uid=daylight --display-name=daylight \
    --access-key="$ACCESS_KEY" --secret-key="$SECRET_KEY" >/dev/null 2>>"$folder/log/admin.log"
  curl -fsS -X PUT --aws-sigv4 aws:amz:us-east-1:s3 --user "$ACCESS_KEY:$SECRET_KEY" \
    -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' "http://127.0.0.1:$port/daylight"
  printf 'endpoint http://127.0.0.1:%s\nbucket daylight\naccess-key %s\nsecret-key %s\n' \
    "$port" "$ACCESS_KEY" "$SECRET_KEY" >"$folder/s3.conf"
}

stop() {
  local pids=() pid_file pid
  for pid_file in "$1"/run/*.pid; do
    [ -f "$pid_file" ] && pids+=("$(cat "$pid_file")")
  done
  for pid in "${pids[@]}"; do
    kill "$pid" 2>/dev/null || continue
    wait_for 20 sh -c "! kill -0 $pid" || kill -KILL "$pid"
  done
}

case "${1:-}" in
  start) start "$2" "$3" ;;
  stop) stop "$2" ;;
  *) sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
