package httpx

import (
	"mime"
	"path"
	"strings"
)

// contentTypes are the types that every machine serves alike, whatever its
// mime.types says. The rest is left to package mime, which reads that.
var contentTypes = map[string]string{
	".avif":        "image/avif",
	".bin":         "application/octet-stream",
	".css":         "text/css; charset=utf-8",
	".csv":         "text/csv; charset=utf-8",
	".dat":         "application/octet-stream",
	".gif":         "image/gif",
	".gz":          "application/gzip",
	".htm":         "text/html; charset=utf-8",
	".html":        "text/html; charset=utf-8",
	".ico":         "image/vnd.microsoft.icon",
	".jpeg":        "image/jpeg",
	".jpg":         "image/jpeg",
	".js":          "text/javascript; charset=utf-8",
	".json":        "application/json",
	".md":          "text/markdown; charset=utf-8",
	".mjs":         "text/javascript; charset=utf-8",
	".mp3":         "audio/mpeg",
	".mp4":         "video/mp4",
	".pdf":         "application/pdf",
	".png":         "image/png",
	".svg":         "image/svg+xml",
	".tar":         "application/x-tar",
	".txt":         "text/plain; charset=utf-8",
	".wasm":        "application/wasm",
	".webm":        "video/webm",
	".webmanifest": "application/manifest+json",
	".webp":        "image/webp",
	".woff":        "font/woff",
	".woff2":       "font/woff2",
	".xml":         "text/xml; charset=utf-8",
	".zip":         "application/zip",
	".zst":         "application/zstd",
}

// contentType returns the media type for a file's name (RFC 9110 §8.3).
func contentType(name string) string {
	ext := strings.ToLower(path.Ext(name))
	if t, ok := contentTypes[ext]; ok {
		return t
	}
	if t := mime.TypeByExtension(ext); t != "" {
		return t
	}
	return "application/octet-stream"
}

// loadContentTypes has package mime read the system's tables, so that no
// request waits for that.
func loadContentTypes() { _ = mime.TypeByExtension(".html") }
