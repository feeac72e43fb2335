#!/bin/sh
# What 'make run' does: it fills the folder demo/ and serves it with both engines,
# epoll-aio on LISTEN and io_uring on the next free port, until Ctrl-C.
#
# usage: run.sh AWS [LISTEN]      AWS is the binary; LISTEN is HOST:PORT

set -eu

aws=$1
listen=${2:-127.0.0.1:8888}
here=$(dirname "$0")

case $listen in
unix:*) echo "make run: LISTEN=$listen: want HOST:PORT, which a browser can open" >&2; exit 2 ;;
esac

mkdir -p demo/static demo/dynamic
echo 'Hello from aws.' >demo/static/hello.txt
cp "$here/picture.svg" "$here/page.css" "$here/page.js" demo/static/
[ -e demo/static/data.bin ] || head -c 2097152 /dev/urandom >demo/static/data.bin
for file in hello.txt picture.svg page.css page.js data.bin index.html; do
	ln -sf "../static/$file" "demo/dynamic/$file"
done

servers=
stop() {
	trap '' INT TERM HUP
	[ -z "$servers" ] || kill $servers 2>/dev/null || :
}
trap stop INT TERM HUP

# start ENGINE ADDRESS starts a server and sets address to what it listens on, or to
# nothing if it does not start. The page of one engine fetches from the other, so
# both allow that.
start() {
	rm -f demo/.started
	mkfifo demo/.started
	"$aws" --backend="$1" --root=demo --listen="$2" --header='*: Access-Control-Allow-Origin: *' \
		>demo/.started &
	pid=$!
	address=
	if read -r line <demo/.started; then
		address=$(echo "$line" | sed 's/^[^,]* on \([^ ,]*\),.*/\1/')
		servers="$servers $pid"
	fi
	rm -f demo/.started
}

# url ADDRESS is where a browser finds a server that listens there.
url() {
	echo "http://$1" | sed 's|//\[::\]:|//127.0.0.1:|; s|//0\.0\.0\.0:|//127.0.0.1:|'
}

start epoll-aio "$listen"
[ -n "$address" ] || exit 1 # it has said why
epoll=$(url "$address")

host=${address%:*}
port=${address##*:}
uring=
for next in 1 2 3 4 5 6 7 8; do
	case $listen in
	*:0) start uring "$listen" 2>demo/.log ;;
	*) start uring "$host:$((port + next))" 2>demo/.log ;;
	esac
	if [ -n "$address" ]; then
		uring=$(url "$address")
		break
	fi
	grep -q 'already in use' demo/.log || break
done

# The page names the servers. Without io_uring it leaves out what is about it.
if [ -n "$uring" ]; then
	sed "s|@EPOLL@|$epoll|g; s|@URING@|$uring|g" "$here/page.html" >demo/static/index.html
else
	sed "/<!-- uring -->/,/<!-- end -->/d; s|@EPOLL@|$epoll|g" "$here/page.html" >demo/static/index.html
fi

echo
echo "Open in a browser:   $epoll/static/"
echo
echo "epoll-aio serves     $epoll/static/ and $epoll/dynamic/"
if [ -n "$uring" ]; then
	echo "io_uring serves      $uring/static/ and $uring/dynamic/"
else
	echo "io_uring is not there: $(sed -n '1s/^aws: //p' demo/.log)"
fi
echo
echo 'Or fetch from another terminal:'
echo "  wget -O- $epoll/static/hello.txt"
echo "  wget -O- $epoll/dynamic/hello.txt"
echo "  wget -O- $epoll/dynamic/data.bin | wc -c"
echo
echo 'Ctrl-C ends it.'

if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] && command -v xdg-open >/dev/null; then
	xdg-open "$epoll/static/" >/dev/null 2>&1 &
fi

for server in $servers; do
	wait "$server" || wait "$server" || : # the first may be cut short by the signal
done
