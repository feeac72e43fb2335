package main

import (
	"runtime"
	"runtime/debug"
	"strings"
)

// release is the module's version, or the commit that this was built from.
func release() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return strings.Trim(info.Main.Version, "()")
	}
	return "devel"
}

// version says which build this is: its release, and the compiler.
func version() string {
	return release() + " " + runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH
}
