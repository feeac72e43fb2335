// Checking a configuration, at every start and with --check:
//
//	command line ─► given.go ─┐
//	file ► configfile.go ► config.go ─► options ─► checknumbers.go   alone
//	                                        ├────► checklisten.go    addresses
//	                                        ├────► checksites.go     rules, by package site
//	                                        └────► checkfiles.go     folders and files
//	                                                    ▼
//	                                               problems.go

package main

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/spf13/pflag"

	"aws/backend/uring"
)

// settle reads the configuration file, and checks all settings. The error says why the
// server cannot start. With --check it says all that is wrong, or one line says that
// nothing is, and nothing is to be started.
func (o *options) settle(flags *pflag.FlagSet) error {
	o.readSettings(flags)
	o.logger = o.serverLog.logger()
	if !o.checkFiles(o.lookUpTimeout) {
		o.problems.warn(whereIs(o.settings.given, 0, "root", o.siteOptions.site.Root), "no file system answered within --lookup-timeout=%v, so folders and files are not checked", o.lookUpTimeout)
	}
	if o.checkOnly {
		o.checkMachine()
	}
	if o.problems.sort(o.config); !o.checkOnly {
		return o.problems.start()
	}
	if len(o.problems) > 0 {
		return asError(o.problems)
	}
	fmt.Fprintln(stdout, "aws: no problems found:", o.summary())
	return nil
}

// readSettings reads the configuration file, and checks what can be checked without
// looking at folders and files.
func (o *options) readSettings(flags *pflag.FlagSet) {
	o.readConfig(flags)
	o.argument.apply(o, flags)
	o.checkNumbers()
	o.checkClientLimits()
	o.checkAccessLog()
	o.checkListen()
	o.checkAdmin()
	o.settleSites()
	o.checkSites()
}

// checkMachine reports what else would keep the server from starting here. A start
// finds it out by itself.
func (o *options) checkMachine() {
	for i, a := range o.addresses {
		o.tryListen(a, whereIs(o.settings.given, i, "listen", o.listen[i]), listenExample)
	}
	o.tryListen(o.admin.address, o.whereAdmin(), adminExample)
	if o.workers > 0 && o.connections >= 0 {
		if err := o.settleFiles(); err != nil {
			o.problems.refuse("--workers="+fmt.Sprint(o.workers), "%v", err)
		}
	}
	o.checkAccessLogFile()
	engine, err := o.chooseEngine(slog.New(slog.DiscardHandler))
	engine.tellNote()
	where := whereIs(o.settings.given, 0, "backend", o.backend)
	if err == nil && o.backend == "uring" {
		_, err = uring.Probe(o.uringFeatures)
	}
	switch usage := (usageError{}); {
	case errors.As(err, &usage):
		o.problems.usage(where, "%v", err)
	case err != nil:
		o.problems.refuse(where, "%v", err)
	}
}

// summary says what would be served.
func (o *options) summary() string {
	mounts := 0
	for _, s := range o.served {
		mounts += len(s.Mounts)
	}
	addresses := make([]string, len(o.addresses))
	for i, a := range o.addresses {
		addresses[i] = a.String()
	}
	return fmt.Sprintf("%d %s with %d %s, on %s", len(o.served), plural(len(o.served), "site", "sites"),
		mounts, plural(mounts, "mount", "mounts"), strings.Join(addresses, " "))
}
