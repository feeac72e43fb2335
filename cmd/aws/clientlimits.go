// Limits for each client: the flags, their values, and what of it makes no sense. Package
// httpx holds clients to them (limits.go).

package main

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"aws/backend"
	"aws/httpx"
	"aws/httpx/limit"
)

// clientLimits are the flags.
type clientLimits struct {
	connections         int
	rate, rateByIP      rateValue
	bandwidth           bandwidthValue
	bandwidthByIP       bandwidthValue
	bandwidthTotal      bandwidthValue
	exempt              backend.Networks
	requests, pipelined int
	age                 time.Duration
}

// register declares the flags.
func (c *clientLimits) register(f *flagSet) {
	f.group("Limits for each client", "aws . --max-connections-per-ip=50 --rate-per-ip=20/s,burst=100")
	f.IntVar(&c.connections, "max-connections-per-ip", 0, "`N` connections of a client at a time; then 429, and past twice as many they are closed at once; 0 is no limit, here and below")
	f.Var(&c.rateByIP, "rate-per-ip", "`N/s[,burst=N]` requests of a client, a second (/s) or a minute (/m), and at once; then 429 (burst: N)")
	f.Var(&c.rate, "rate", "`N/s[,burst=N]` requests of all clients together; then 503")
	f.Var(&c.bandwidth, "bandwidth", "`SIZE/s[,burst=SIZE]` what a connection is sent, such as 1MiB/s, and what of it at once (burst: that of an eighth of a second)")
	f.Var(&c.bandwidthByIP, "bandwidth-per-ip", "`SIZE/s[,burst=SIZE]` what a client is sent")
	f.Var(&c.bandwidthTotal, "bandwidth-total", "`SIZE/s[,burst=SIZE]` what all clients together are sent")
	f.Var(parsed((*[]backend.Network)(&c.exempt), backend.ParseNetwork), "limit-exempt", "`NETWORK` clients without the limits above: 10.0.0.0/8, 2001:db8::/32, or an address (repeatable)")
	f.IntVar(&c.requests, "max-requests-per-connection", 0, "`N` requests after which a connection ends")
	f.DurationVar(&c.age, "max-age", 0, "`TIME` after which a connection ends, once it is idle; 0 is never")
	f.IntVar(&c.pipelined, "max-pipelined", 0, "`N` requests of a connection that are answered together; further ones wait until these are")
}

// limits are those for the server.
func (c *clientLimits) limits() httpx.Limits {
	return httpx.Limits{
		Connections: int64(c.connections), Rate: c.rate.rate(), ClientRate: c.rateByIP.rate(),
		ConnectionBandwidth: c.bandwidth.rate(), ClientBandwidth: c.bandwidthByIP.rate(), Bandwidth: c.bandwidthTotal.rate(),
		Exempt: c.exempt, Requests: c.requests, MaxAge: c.age, Pipelined: c.pipelined,
	}
}

// check reports what cannot be, or has no effect.
func (o *options) checkClientLimits() {
	c := &o.clients
	for _, n := range []struct {
		name  string
		value int
	}{
		{"max-connections-per-ip", c.connections}, {"max-requests-per-connection", c.requests}, {"max-pipelined", c.pipelined},
	} {
		if n.value < 0 {
			o.wrong(n.name, "want 0 or more")
		}
	}
	if o.connections > 0 && c.connections >= o.connections {
		o.odd("max-connections-per-ip", "has no effect: there are at most %d connections of all clients", o.connections)
	}
	if c.bandwidth.n > 0 && c.bandwidthByIP.n > 0 && c.bandwidth.n >= c.bandwidthByIP.n {
		o.odd("bandwidth", "has no effect: a client gets no more with --bandwidth-per-ip=%s", &c.bandwidthByIP)
	}
	for _, b := range []struct {
		name  string
		value *bandwidthValue
	}{{"bandwidth", &c.bandwidth}, {"bandwidth-per-ip", &c.bandwidthByIP}} {
		if b.value.n > 0 && c.bandwidthTotal.n > 0 && b.value.n >= c.bandwidthTotal.n {
			o.odd(b.name, "has no effect: all clients together get no more with --bandwidth-total=%s", &c.bandwidthTotal)
		}
	}
	limited := c.connections > 0 || c.rate.n > 0 || c.rateByIP.n > 0 || c.bandwidth.n > 0 || c.bandwidthByIP.n > 0 || c.bandwidthTotal.n > 0
	for i, n := range c.exempt {
		where := whereIs(o.settings.given, i, "limit-exempt", n.String())
		switch {
		case n.IsUnix():
			o.problems.warn(where, "has no effect: clients on unix sockets are exempt in any case")
		case n.IsAll():
			o.problems.warn(where, "exempts everybody")
		case !limited:
			o.problems.warn(where, "has no effect: there is no limit that it is exempt from")
		}
	}
}

// rateValue is a number of requests in a time: "10/s", "600/m,burst=50". "0" is no limit.
type rateValue struct {
	n, burst int64
	per      time.Duration
	text     string
}

// mostRequests is more than a server answers in a second.
const mostRequests = 1 << 30

func (v *rateValue) String() string { return cmp.Or(v.text, "0") }
func (v *rateValue) Type() string   { return "rate" }
func (v *rateValue) Set(s string) error {
	*v = rateValue{}
	if s == "0" {
		return nil
	}
	number, unit, burst, ok := cutRate(s)
	per := map[string]time.Duration{"s": time.Second, "m": time.Minute}[unit]
	n, err := strconv.ParseInt(number, 10, 64)
	most := n
	if burst != "" && err == nil {
		most, err = strconv.ParseInt(burst, 10, 64)
	}
	switch {
	case errors.Is(err, strconv.ErrRange) || err == nil && max(n, most) > mostRequests:
		return errTooLarge
	case !ok || per == 0 || err != nil || n < 1 || most < 1:
		return errors.New("want requests in a second or a minute, such as 10/s or 600/m, and if more may come at once ',burst=50' after it; 0 is no limit")
	}
	*v = rateValue{n, most, per, s}
	return nil
}

// rate is the rate for the server.
func (v *rateValue) rate() limit.Rate {
	if v.n == 0 {
		return limit.Rate{}
	}
	return limit.NewRate(v.n, v.per, v.burst)
}

// bandwidthValue is a number of bytes in a second: "1MiB/s", "512KiB/s,burst=10MiB". "0"
// is no limit.
type bandwidthValue struct {
	n, burst sizeValue
	text     string
}

const (
	// leastBandwidth keeps pieces from becoming tiny, and transfers from never ending.
	leastBandwidth = 1 << 10
	// evenedOut is the part of a second in which a bandwidth may be exceeded, so that
	// nothing of it is lost to the clock.
	evenedOut = 8
)

func (v *bandwidthValue) String() string { return cmp.Or(v.text, "0") }
func (v *bandwidthValue) Type() string   { return "bandwidth" }
func (v *bandwidthValue) Set(s string) error {
	*v = bandwidthValue{}
	if s == "0" {
		return nil
	}
	size, unit, burst, ok := cutRate(s)
	var n, most sizeValue
	err := n.Set(size)
	if burst != "" && err == nil {
		err = most.Set(burst)
	}
	switch {
	case errors.Is(err, errTooLarge) || err == nil && n > largestRate:
		return errTooLarge
	case !ok || unit != "s" || err != nil:
		return errors.New("want bytes in a second, such as 1MiB/s, and if more may leave at once ',burst=10MiB' after it; 0 is no limit")
	case n < leastBandwidth:
		return fmt.Errorf("want at least %dKiB/s", leastBandwidth>>10)
	}
	*v = bandwidthValue{n, max(most, n/evenedOut), s}
	return nil
}

// rate is the rate for the server.
func (v *bandwidthValue) rate() limit.Rate {
	if v.n == 0 {
		return limit.Rate{}
	}
	return limit.NewRate(int64(v.n), time.Second, int64(v.burst))
}

// cutRate cuts "N/UNIT[,burst=N]" into its parts.
func cutRate(s string) (n, unit, burst string, ok bool) {
	s, burst, hasBurst := strings.Cut(s, ",burst=")
	n, unit, ok = strings.Cut(s, "/")
	return n, unit, burst, ok && hasBurst == (burst != "")
}
