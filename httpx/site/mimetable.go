// The built-in media types.

package site

// mimeTable has the types that are the same on every machine, whatever the
// system's own tables say or lack. It has the form of mime.types: a media type
// and its extensions. The types are the registered ones
// (https://www.iana.org/assignments/media-types) or, where there is none, the
// ones that browsers know. Source code is text, so browsers show it.
//
// Two extensions differ from other tables: ts is video (MPEG-2 transport
// stream), not TypeScript; xml is text/xml, as in package mime.
const mimeTable = `text/html                                html htm shtml
text/css                                 css
text/javascript                          js mjs cjs
text/plain                               txt text log conf cfg ini diff patch
text/plain                               c h cc cpp cxx hh hpp cs go java kt swift rs zig lua pl py rb sh bash zsh awk jsx tsx wat
text/markdown                            md markdown
text/csv                                 csv
text/tab-separated-values                tsv
text/calendar                            ics ifb
text/vcard                               vcf
text/vtt                                 vtt
text/xml                                 xml xsd
application/json                         json map
application/ld+json                      jsonld
application/geo+json                     geojson
application/x-ndjson                     ndjson jsonl
application/manifest+json                webmanifest
application/rss+xml                      rss
application/atom+xml                     atom
application/xhtml+xml                    xhtml xht
application/xslt+xml                     xsl xslt
application/xml-dtd                      dtd
application/yaml                         yaml yml
application/toml                         toml
application/sql                          sql
application/wasm                         wasm
font/woff                                woff
font/woff2                               woff2
font/ttf                                 ttf
font/otf                                 otf
font/collection                          ttc
application/vnd.ms-fontobject            eot
image/apng                               apng
image/avif                               avif
image/bmp                                bmp
image/gif                                gif
image/heic                               heic
image/heif                               heif
image/jpeg                               jpg jpeg jpe jfif
image/jxl                                jxl
image/png                                png
image/svg+xml                            svg svgz
image/tiff                               tif tiff
image/vnd.microsoft.icon                 ico cur
image/webp                               webp
audio/aac                                aac
audio/flac                               flac
audio/matroska                           mka
audio/midi                               mid midi
audio/mp4                                m4a m4b
audio/mpeg                               mp3
audio/ogg                                ogg oga opus spx
audio/wav                                wav
audio/webm                               weba
video/matroska                           mkv
video/mp2t                               ts m2ts
video/mp4                                mp4 m4v m4s
video/mpeg                               mpg mpeg
video/ogg                                ogv
video/quicktime                          mov qt
video/webm                               webm
video/x-msvideo                          avi
application/ogg                          ogx
application/vnd.apple.mpegurl            m3u8
application/dash+xml                     mpd
application/x-subrip                     srt
model/gltf-binary                        glb
model/gltf+json                          gltf
application/pdf                          pdf
application/postscript                   ps eps
application/rtf                          rtf
application/epub+zip                     epub
application/msword                       doc
application/vnd.ms-excel                 xls
application/vnd.ms-powerpoint            ppt
application/vnd.openxmlformats-officedocument.wordprocessingml.document   docx
application/vnd.openxmlformats-officedocument.spreadsheetml.sheet         xlsx
application/vnd.openxmlformats-officedocument.presentationml.presentation pptx
application/vnd.oasis.opendocument.text  odt
application/vnd.oasis.opendocument.spreadsheet  ods
application/vnd.oasis.opendocument.presentation odp
application/zip                          zip
application/gzip                         gz tgz
application/x-bzip2                      bz2 tbz2
application/x-xz                         xz txz
application/zstd                         zst tzst
application/x-7z-compressed              7z
application/x-brotli                     br
application/vnd.rar                      rar
application/x-tar                        tar
application/x-iso9660-image              iso
application/x-apple-diskimage            dmg
application/vnd.debian.binary-package    deb
application/x-rpm                        rpm
application/vnd.android.package-archive  apk
application/java-archive                 jar war
application/vnd.microsoft.portable-executable exe dll
application/octet-stream                 bin dat img
`

// nameTable has the types of files that have no extension but a name that is the same
// everywhere: those that https://www.iana.org/assignments/well-known-uris lists, and
// the one that Apple's devices also look for at the top. It has patterns in place of
// extensions.
const nameTable = `application/json          apple-app-site-association openid-configuration oauth-authorization-server
application/json          oauth-protected-resource uma2-configuration
application/json          */.well-known/nodeinfo */.well-known/webauthn */.well-known/passkey-endpoints
application/json          */.well-known/matrix/client */.well-known/matrix/server
application/jrd+json      */.well-known/webfinger
application/xrd+xml       */.well-known/host-meta
application/trafficadvice+json  */.well-known/traffic-advice
`
