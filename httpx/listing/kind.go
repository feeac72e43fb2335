// Kinds of files, by their names: for icons, for previews, and for what is not
// worth compressing.

package listing

import "bytes"

// Kind is what people call a file.
type Kind uint8

// Kinds of files.
const (
	Other Kind = iota
	Text
	Code
	PDF
	Picture
	Video
	Audio
	Archive
)

// kindClasses are the classes of the kinds in the page.
var kindClasses = [...]string{
	Other: "", Text: "text", Code: "code", PDF: "pdf", Picture: "picture", Video: "video", Audio: "audio", Archive: "archive",
}

// maxExtension is the length in bytes of the longest extension that KindOf knows.
const maxExtension = 8

// KindOf returns the kind of a file by what follows the last dot of its name, in
// upper or lower case.
func KindOf(name []byte) Kind {
	var extension [maxExtension]byte
	switch string(extensionOf(name, &extension)) {
	case "txt", "md", "markdown", "rst", "adoc", "log", "csv", "tsv", "tex", "srt", "vtt", "nfo", "rtf", "doc", "docx", "odt", "org":
		return Text
	case "html", "htm", "css", "scss", "js", "mjs", "ts", "jsx", "tsx", "json", "xml", "yaml", "yml", "toml", "ini", "conf", "cfg",
		"go", "mod", "c", "h", "cc", "cpp", "hpp", "rs", "py", "rb", "php", "java", "kt", "swift", "cs", "pl", "lua", "r", "sql",
		"sh", "bash", "zsh", "fish", "ps1", "bat", "diff", "patch", "vue", "wasm", "map", "ipynb":
		return Code
	case "pdf":
		return PDF
	case "jpg", "jpeg", "png", "gif", "webp", "avif", "svg", "ico", "bmp", "apng", "jxl", "heic", "heif", "tif", "tiff", "psd", "raw", "cr2", "nef", "dng":
		return Picture
	case "mp4", "m4v", "webm", "mkv", "mov", "avi", "wmv", "mpg", "mpeg", "ogv", "m2ts", "flv", "3gp":
		return Video
	case "mp3", "ogg", "oga", "opus", "flac", "wav", "m4a", "aac", "wma", "aiff", "mid", "midi":
		return Audio
	case "zip", "gz", "xz", "zst", "bz2", "br", "lz4", "tar", "tgz", "txz", "tbz", "7z", "rar", "jar", "deb", "rpm", "apk", "iso", "dmg", "img", "cab", "epub":
		return Archive
	}
	return Other
}

// maxPreview is the size in bytes of the largest picture that the page shows: a
// reader may look at many.
const maxPreview = 8 << 20

// hasPreview says that browsers show a file as a picture.
func hasPreview(name []byte, size int64) bool {
	var extension [maxExtension]byte
	switch string(extensionOf(name, &extension)) {
	case "jpg", "jpeg", "png", "gif", "webp", "avif", "svg", "ico", "bmp", "apng":
		return size > 0 && size <= maxPreview
	}
	return false
}

// extensionOf returns what follows the last dot of a name, in lower case; nothing
// if that is too long, or all of the name.
func extensionOf(name []byte, into *[maxExtension]byte) []byte {
	dot := bytes.LastIndexByte(name, '.')
	if dot < 1 || len(name)-dot-1 > len(into) {
		return nil
	}
	extension := into[:len(name)-dot-1]
	for i, c := range name[dot+1:] {
		extension[i] = lower(c)
	}
	return extension
}
