package calendar

import (
	"bufio"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// octets is the length of a content line without its end, RFC 5545, 3.1.
const octets = 75

// Write writes the entries as one iCalendar object (RFC 5545): lines ended by CRLF and
// folded between characters, the zones that are named, an alarm for each reminder. The
// same entries give the same bytes.
func Write(w io.Writer, entries []Entry, name string) error {
	b := bufio.NewWriter(w)
	p := printer{b}
	p.line("BEGIN", "VCALENDAR")
	p.line("VERSION", "2.0")
	p.line("PRODID", "-//epgu//epgu//RU")
	p.line("CALSCALE", "GREGORIAN")
	p.line("METHOD", "PUBLISH")
	p.line("NAME", text(name))
	p.line("X-WR-CALNAME", text(name))
	for _, z := range zones() {
		if slices.ContainsFunc(entries, func(e Entry) bool { return !e.AllDay && zoneOf(e.Start) == z }) {
			p.zone(z)
		}
	}
	for i := range entries {
		p.event(&entries[i])
	}
	p.line("END", "VCALENDAR")
	return b.Flush()
}

// printer writes content lines; what fails is told by Flush.
type printer struct{ w *bufio.Writer }

// line writes "NAME:value", folded: a continuation begins with a space that counts.
func (p printer) line(name, value string) {
	line, width := name+":"+value, octets
	for len(line) > width {
		n := width
		for !utf8.RuneStart(line[n]) {
			n--
		}
		_, _ = p.w.WriteString(line[:n] + "\r\n ")
		line, width = line[n:], octets-1
	}
	_, _ = p.w.WriteString(line + "\r\n")
}

// text escapes a value of type TEXT (3.3.11); other control characters are left out,
// which the format has no way to write.
func text(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\\' || r == ';' || r == ',':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r < ' ' && r != '\t' || r == 0x7f:
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

const (
	local = "20060102T150405"
	utc   = "20060102T150405Z"
	day   = "20060102"
)

func (p printer) event(e *Entry) {
	p.line("BEGIN", "VEVENT")
	p.line("UID", text(e.UID))
	p.line("DTSTAMP", e.Stamp.UTC().Format(utc))
	p.line("LAST-MODIFIED", e.Stamp.UTC().Format(utc))
	p.line("SEQUENCE", strconv.FormatInt(e.Sequence, 10))
	if e.AllDay {
		p.line("DTSTART;VALUE=DATE", e.Start.Format(day))
		p.line("DTEND;VALUE=DATE", e.Start.AddDate(0, 0, 1).Format(day))
		p.line("TRANSP", "TRANSPARENT")
	} else {
		z := zoneOf(e.Start)
		in := time.FixedZone(z.name, z.offset)
		p.line("DTSTART;TZID="+z.name, e.Start.In(in).Format(local))
		p.line("DTEND;TZID="+z.name, e.End.In(in).Format(local))
	}
	p.line("SUMMARY", text(e.Summary))
	if e.Place != "" {
		p.line("LOCATION", text(e.Place))
	}
	if e.Description != "" {
		p.line("DESCRIPTION", text(e.Description))
	}
	p.line("CATEGORIES", text(string(e.Kind)))
	status := "CONFIRMED"
	switch {
	case e.Cancelled:
		status = "CANCELLED"
	case e.Tentative:
		status = "TENTATIVE"
	}
	p.line("STATUS", status)
	if !e.Cancelled {
		for _, before := range e.Alarms {
			p.line("BEGIN", "VALARM")
			p.line("ACTION", "DISPLAY")
			p.line("TRIGGER", trigger(before))
			p.line("DESCRIPTION", text(e.Summary))
			p.line("END", "VALARM")
		}
	}
	p.line("END", "VEVENT")
}

// trigger is a time before the start, as a duration (3.3.6).
func trigger(before time.Duration) string {
	if before%(24*time.Hour) == 0 {
		return "-P" + strconv.Itoa(int(before/(24*time.Hour))) + "D"
	}
	return "-PT" + strconv.Itoa(int(before/time.Minute)) + "M"
}

// zone is a time zone of Russia: one offset all the year.
type zone struct {
	name   string // of the IANA database
	offset int    // seconds east of Greenwich
	short  string
}

// zones are the eleven of them (law 107-FZ of 03.06.2011, article 5): one name for
// each, the best known of those that the IANA database has. Summer time ended in 2011
// and the last change of all of them was in 2014, so that the offset is enough.
func zones() []zone {
	return []zone{
		{"Europe/Kaliningrad", 2 * 3600, "EET"}, {"Europe/Moscow", 3 * 3600, "MSK"}, {"Europe/Samara", 4 * 3600, "SAMT"},
		{"Asia/Yekaterinburg", 5 * 3600, "YEKT"}, {"Asia/Omsk", 6 * 3600, "OMST"}, {"Asia/Krasnoyarsk", 7 * 3600, "KRAT"},
		{"Asia/Irkutsk", 8 * 3600, "IRKT"}, {"Asia/Yakutsk", 9 * 3600, "YAKT"}, {"Asia/Vladivostok", 10 * 3600, "VLAT"},
		{"Asia/Magadan", 11 * 3600, "MAGT"}, {"Asia/Kamchatka", 12 * 3600, "PETT"},
	}
}

// zoneOf is the zone of a time by its offset; a time with another offset is told by
// the clock of Moscow.
func zoneOf(t time.Time) zone {
	_, offset := t.Zone()
	all := zones()
	if i := slices.IndexFunc(all, func(z zone) bool { return z.offset == offset }); i >= 0 {
		return all[i]
	}
	return all[1]
}

func (p printer) zone(z zone) {
	offset := time.Date(2026, 1, 1, 0, 0, 0, 0, time.FixedZone("", z.offset)).Format("-0700")
	p.line("BEGIN", "VTIMEZONE")
	p.line("TZID", z.name)
	p.line("BEGIN", "STANDARD")
	p.line("DTSTART", "20141026T020000")
	p.line("TZOFFSETFROM", offset)
	p.line("TZOFFSETTO", offset)
	p.line("TZNAME", z.short)
	p.line("END", "STANDARD")
	p.line("END", "VTIMEZONE")
}
