#!/bin/sh
# limn in a bare Debian 12, installed by root and by a user, and a program built with its library.
# By hand only (./dev bare): as root, with debootstrap and the network.
#
#   tests/bare.sh
#
# LIMN_MIRROR  where Debian is, if not where debootstrap looks by itself
set -eu
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || { echo "bare: needs root" >&2; exit 2; }
command -v debootstrap >/dev/null || { echo "bare: needs debootstrap" >&2; exit 2; }
bare=$(mktemp -d)
chmod 755 "$bare" # it is the root of a user, too
leave() {
    umount "$bare/proc" 2>/dev/null || true
    umount "$bare/dev/null" 2>/dev/null || true
    rm -rf --one-file-system "$bare"
}
trap leave EXIT
trap 'exit 1' HUP INT TERM

debootstrap --variant=minbase bookworm "$bare" ${LIMN_MIRROR:+"$LIMN_MIRROR"} >&2
mkdir -p "$bare/src/limn"
git ls-files -z | xargs -0 tar -c | tar -x -C "$bare/src/limn"
mount -t proc proc "$bare/proc"
inside() { chroot "$bare" /usr/bin/env -i HOME="$1" PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin sh -euc "$2"; }

# shellcheck disable=SC2016 # the words of the shell inside
builds='cd /tmp && cc -std=c11 -D_POSIX_C_SOURCE=200809L /src/limn/examples/stylize.c $(pkg-config --cflags --libs limn) -o stylize
    ./stylize /src/limn/models/wave.safetensors /src/limn/examples/chelsea.jpg "$HOME/painting.png" && rm stylize'
inside /root 'cd /src/limn && ./dev install'
inside /root "test \"\$(pkg-config --variable=libdir limn)\" = /usr/local/lib; $builds; limn doctor"
echo "bare: root has a library that is found" >&2
inside /root 'cd /src/limn && ninja -C build uninstall >/dev/null && ldconfig && useradd -m user && chown -R user /src'
su_user() { inside /home/user "cd /tmp && setpriv --reuid=user --regid=user --init-groups sh -euc '$1'"; }
su_user 'cd /src/limn && LIMN_NO_APT=1 ./dev install 2>/tmp/lines; grep ^export /tmp/lines >~/.profile; test $(wc -l <~/.profile) = 2'
su_user ". ~/.profile; $builds; ~/.local/bin/limn doctor"
echo "bare: and a user, by the two lines" >&2
