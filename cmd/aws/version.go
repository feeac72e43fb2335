package main

import (
	"runtime"
	"runtime/debug"
	"strings"
)

// version says which build this is: the module's version or the commit that it
// was built from, and the compiler.
func version() string {
	v := "devel"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		v = strings.Trim(info.Main.Version, "()")
	}
	return v + " " + runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH
}
