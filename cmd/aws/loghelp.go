// 'aws help log': the formats and filters of the access log, by package accesslog's own
// tables.

package main

import (
	"fmt"
	"strings"

	"aws/cmd/aws/internal/wrap"
	"aws/httpx/accesslog"
)

const logHelpStart = `--access-log=PATH writes a line for each request:

  common      $client - - [$time_clf] "$request" $status $bytes
  combined    the same, and "$referer" "$user_agent" after it
  json        an object with all fields but request and time_clf
  json:FIELD,FIELD,…
              an object with these fields
  TEMPLATE    any text with fields in it, and $$ for a dollar sign:
              '$time $client "$request" $status $duration'

In all but JSON an empty text is -, and what could end a line or a quoted text
is \xNN, \" or \\. Fields:

`

const logHelpEnd = `
--access-log-only=FILTER logs what a filter holds for. It compares
%s
by =, !=, <, <=, > and >=, and combines that by && || ! and brackets:

  'status>=400 && !(path=/favicon.ico)'    'duration>2s || bytes>1GiB'
  'path=/downloads/*'                      'outcome!=whole'

Words compare by = and != only. A path is matched as by other flags: decoded, with * for
anything. --access-log-sample=N then leaves one request of N, but all with a
status of 400 or more, and all whose response was ended before it was whole by
something other than the client.
`

// logHelp is the text.
func logHelp() string {
	var b strings.Builder
	b.WriteString(logHelpStart)
	for _, f := range accesslog.Fields {
		name := "  " + f.Name
		for _, line := range wrap.Lines(strings.ReplaceAll(f.About, "`", ""), helpWidth-16) {
			fmt.Fprintf(&b, "%-16s%s\n", name, line)
			name = ""
		}
	}
	names := strings.Join(wrap.Lines(strings.Join(accesslog.FilterNames, ", "), helpWidth), "\n")
	fmt.Fprintf(&b, logHelpEnd, names)
	return b.String()
}
