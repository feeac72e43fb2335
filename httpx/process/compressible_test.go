package process

import "testing"

func TestCompressible(t *testing.T) {
	for mediaType, want := range map[string]bool{
		"text/html; charset=utf-8": true, "TEXT/X-ANY": true, "text/plain;a=b": true, "application/json": true,
		"Application/JSON ; a=b": true, "application/ld+json": true, "application/rss+xml": true, "image/svg+xml": true,
		"application/xml": true, "application/javascript; charset=utf-8": true, "application/wasm": true, "model/gltf+json": true,
		"font/ttf": true, "font/otf": true, "application/vnd.ms-fontobject": true, "image/bmp": true,
		"image/vnd.microsoft.icon": true, "image/x-icon": true, "application/x-tar": true, "application/openapi+yaml": true,
		"application/vnd.apple.mpegurl": true,

		"": false, ";": false, "text": false, "json": false, "application/octet-stream": false, "application/jsonx": false,
		"font/woff": false, "font/woff2": false, "image/png": false, "image/jpeg": false, "image/webp": false,
		"video/mp4": false, "audio/mpeg": false, "application/pdf": false, "application/zip": false, "application/gzip": false,
		"application/zstd": false, "application/epub+zip": false, "application/x-brotli": false, "a/b; c=\"text/html\"": false,
	} {
		if got := compressible(mediaType); got != want {
			t.Errorf("%q: %v", mediaType, got)
		}
	}
}
