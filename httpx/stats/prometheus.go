// Snapshots in the text format of Prometheus, version 0.0.4
// (https://prometheus.io/docs/instrumenting/exposition_formats/).

package stats

import "io"

// ContentType is the media type of what WritePrometheus writes.
const ContentType = "text/plain; version=0.0.4; charset=utf-8"

// WritePrometheus writes all metrics of a snapshot. It returns the first error of w.
func WritePrometheus(w io.Writer, s *Snapshot) error {
	out := writer{into: w}
	for i := range families {
		f := &families[i]
		out.text("# HELP ", f.name, " ", f.help, "\n# TYPE ", f.name, " ", f.kind.String(), "\n")
		f.write(&out, f, s)
		out.flush()
	}
	return out.err
}
