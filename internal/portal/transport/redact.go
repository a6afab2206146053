package transport

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/epgu-cli/epgu/internal/untrusted"
)

// hidden stands in a log where a secret was.
const hidden = "[hidden]"

// secretName reports whether a field, header or parameter of this name holds
// something that must not be logged. Names are compared without case, "-" and "_".
func secretName(name string) bool {
	n := strings.Map(func(r rune) rune {
		switch r {
		case '-', '_', '.':
			return -1
		}
		return r
	}, strings.ToLower(name))
	switch n {
	case "tokentype":
		return false
	case "authorization", "proxyauthorization", "cookie", "setcookie", "code", "codes", "otp", "pin", "state", "signature", "sig", "key", "apikey", "location", "sid":
		return true
	}
	for _, part := range []string{"token", "tkn", "password", "secret", "passwd", "keypem", "verifier", "credential"} {
		if strings.Contains(n, part) {
			return true
		}
	}
	return false
}

// maybeWord reports whether a field of this name is a secret in one answer and
// a word for programs in another.
func maybeWord(name string) bool {
	return strings.EqualFold(name, "code") || strings.EqualFold(name, "state")
}

// plainCode reports whether the value of such a field is a word for
// programs ("order_access", "charge.not_found", "FILES_VERIFICATION",
// "ESIA-007011") rather than a one-time or an authorisation code: those carry digits.
func plainCode(v string) bool {
	if v == "" || len(v) > 64 {
		return false
	}
	if rest, ok := strings.CutPrefix(v, "ESIA-"); ok && len(rest) == 6 && strings.Trim(rest, "0123456789") == "" {
		return true
	}
	for _, r := range v {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '_' && r != '.' {
			return false
		}
	}
	return true
}

// redactor hides secrets by name and by value.
type redactor struct{ values []string }

func newRedactor(call *Call, token string) redactor {
	values := make([]string, 0, len(call.Secrets)+1)
	for _, v := range append(slices.Clone(call.Secrets), token) {
		if len(v) >= 4 { // shorter ones would blot out ordinary text
			values = append(values, v)
		}
	}
	return redactor{values}
}

// text hides known values and everything that looks like a marker, and makes
// the rest safe for a terminal.
func (r redactor) text(s string) string {
	for _, v := range r.values {
		s = strings.ReplaceAll(s, v, hidden)
		s = strings.ReplaceAll(s, url.QueryEscape(v), hidden)
		s = strings.ReplaceAll(s, url.PathEscape(v), hidden)
	}
	return untrusted.CleanLines(hideMarkers(s))
}

// hideMarkers hides JSON Web Tokens: runs of base64url and dots from "eyJ".
func hideMarkers(s string) string {
	const begin = "eyJ"
	if !strings.Contains(s, begin) {
		return s
	}
	var b strings.Builder
	for {
		i := strings.Index(s, begin)
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		b.WriteString(hidden)
		s = s[i:]
		end := strings.IndexFunc(s, func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' && r != '.' && r != '='
		})
		if end < 0 {
			return b.String()
		}
		s = s[end:]
	}
}

func (r redactor) header(h http.Header) string {
	names := make([]string, 0, len(h))
	for name := range h {
		names = append(names, name)
	}
	slices.Sort(names)
	var b strings.Builder
	for _, name := range names {
		value := strings.Join(h[name], ", ")
		if secretName(name) {
			value = hidden
		}
		b.WriteString("  " + untrusted.Clean(name) + ": " + untrusted.Clean(r.text(value)) + "\n")
	}
	return b.String()
}

func (r redactor) query(v url.Values) string {
	out := url.Values{}
	for name, values := range v {
		if secretName(name) {
			values = []string{hidden}
		}
		out[name] = values
	}
	s, err := url.QueryUnescape(out.Encode())
	if err != nil {
		return ""
	}
	return untrusted.Clean(r.text(s))
}

// body shows a JSON or form body with its secrets hidden and only the size of
// anything else.
func (r redactor) body(contentType string, b []byte) string {
	switch {
	case len(b) == 0:
		return ""
	case strings.Contains(contentType, "json"):
		d := json.NewDecoder(bytes.NewReader(b))
		d.UseNumber()
		var v any
		if d.Decode(&v) != nil {
			return "(JSON that cannot be read)"
		}
		out, err := json.MarshalIndent(r.value("", v), "", "  ")
		if err != nil {
			return "(JSON that cannot be shown)"
		}
		const most = 16 << 10
		s := r.text(string(out))
		if len(s) > most {
			s = strings.ToValidUTF8(s[:most], "") + "…"
		}
		return s
	case strings.HasPrefix(contentType, "application/x-www-form-urlencoded"):
		if v, err := url.ParseQuery(string(b)); err == nil {
			return r.query(v)
		}
	}
	return ""
}

func (r redactor) value(name string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, inner := range v {
			v[k] = r.value(k, inner)
		}
		return v
	case []any:
		for i, inner := range v {
			v[i] = r.value(name, inner)
		}
		return v
	case string:
		if v != "" && secretName(name) && !(maybeWord(name) && plainCode(v)) {
			return hidden
		}
		if strings.HasPrefix(v, "otpauth:") {
			return hidden // its query is the secret of an authenticator
		}
		// A document inside a string ("order" of API ЕПГУ) is shown as one.
		if len(v) > 1 && v[0] == '{' {
			var inner map[string]any
			if json.Unmarshal([]byte(v), &inner) == nil {
				return r.value(name, inner)
			}
		}
		return v
	case json.Number:
		if secretName(name) && (!strings.EqualFold(name, "code") || len(v) > 3) {
			return hidden // short numbers are error codes: {"error":{"code":7}}
		}
		return v
	}
	return v
}
