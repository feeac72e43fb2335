// The observer that logs: from an exchange to a record of package accesslog.

package httpx

import "aws/httpx/accesslog"

// LogTo makes an access log the observer of the server that c configures.
func (c *Config) LogTo(log *accesslog.Log, needs accesslog.Need) {
	c.Observer, c.Keep = logging{log}, 0
	for need, keep := range map[accesslog.Need]Keep{
		accesslog.NeedHost: KeepHost, accesslog.NeedReferer: KeepReferer, accesslog.NeedUserAgent: KeepUserAgent,
	} {
		if needs&need != 0 {
			c.Keep |= keep
		}
	}
}

type logging struct{ log *accesslog.Log }

// Ended adds a line.
func (l logging) Ended(e Exchange) {
	client := e.Client()
	r := accesslog.Record{
		End: e.Now(), Took: e.Took(), FirstByte: e.FirstByteTook(), Client: client, Texts: &e.kept.texts,
		Status: e.Status(), Sent: e.Sent(), Outcome: uint8(e.Outcome()), Source: uint8(e.Source()),
		Loop: e.Loop(), Listener: e.Listener(), Site: e.Site(),
	}
	l.log.Add(&r)
}
