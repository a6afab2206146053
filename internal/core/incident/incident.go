// Package incident keeps what the operators of API ЕПГУ ask for when something went
// wrong, request by request and without secrets, and writes the letter to them
// (SPEC-1.12.1, appendix 2). Only app and cli packages import it.
package incident

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/portal/lenient"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	"github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// To is where the letter goes (SPEC-1.12.1, appendix 2).
const To = "sd@sc.digital.gov.ru"

// maxLog bounds the log, bytes: a full one becomes the earlier one, and the one before
// that is dropped. An entry has about 1 kB.
const maxLog = 2 << 20

// maxAnswer bounds what an entry keeps of an answer, bytes.
const maxAnswer = 1 << 10

// Entry is one request to API ЕПГУ.
type Entry struct {
	At        time.Time `json:"at"`
	Method    string    `json:"method"`
	Host      string    `json:"host"`
	Path      string    `json:"path"` // with {name} in place of values
	Query     string    `json:"query,omitempty"`
	Headers   string    `json:"headers,omitempty"` // "Name: value" a line, secrets hidden
	Body      string    `json:"body,omitempty"`    // secrets hidden; files by their size
	OrderID   int64     `json:"orderId,omitempty"`
	Status    int       `json:"status,omitempty"`
	Outcome   string    `json:"outcome"`
	RequestID string    `json:"requestId"`
	Answer    string    `json:"answer,omitempty"` // of a refusal
}

// Log is the file of entries of one profile. It is safe for concurrent use.
type Log struct {
	Path string
	mu   sync.Mutex
}

// Add keeps a request to API ЕПГУ; others are not kept. A disk that is full must not
// stop the work, so nothing is returned.
func (l *Log) Add(r transport.Record) {
	if !strings.HasPrefix(r.Path, "/api/gusmev/") && !strings.HasPrefix(r.Path, "/api/nsi/") && !strings.HasPrefix(r.Path, "/api/storage/") {
		return
	}
	e := Entry{At: r.At, Method: r.Method, Host: r.Host, Path: r.Path, Query: r.Query, Headers: r.Headers, Body: r.Body, OrderID: r.OrderID,
		Status: r.Status, Outcome: r.Outcome, RequestID: r.RequestID}
	if e.OrderID == 0 {
		var ref gusmev.OrderRef
		if lenient.Unmarshal([]byte(r.Answer), &ref) == nil {
			e.OrderID = ref.OrderID
		}
	}
	if r.Status >= 300 { // other answers hold people's data
		e.Answer = strings.ToValidUTF8(r.Answer[:min(len(r.Answer), maxAnswer)], "")
	}
	line, err := json.Marshal(e)
	if err != nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if info, err := os.Stat(l.Path); err == nil && info.Size()+int64(len(line)) > maxLog {
		_ = os.Rename(l.Path, l.Path+".1")
	}
	if os.MkdirAll(filepath.Dir(l.Path), 0o700) != nil {
		return
	}
	f, err := os.OpenFile(l.Path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	_, _ = f.Write(append(line, '\n')) // one write: processes do not mix their lines
	_ = f.Close()
}

// About returns what is kept of requests about an application, oldest first. A line
// that cannot be read is passed over: a killed process may have cut one short.
func (l *Log) About(orderID int64) ([]Entry, error) {
	var out []Entry
	for _, path := range []string{l.Path + ".1", l.Path} {
		b, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		lines := bufio.NewScanner(bytes.NewReader(b))
		lines.Buffer(nil, maxLog)
		for lines.Scan() {
			if e, err := parse(lines.Bytes()); err == nil && e.OrderID == orderID {
				out = append(out, e)
			}
		}
	}
	return out, nil
}

func parse(line []byte) (Entry, error) {
	var e Entry
	err := json.Unmarshal(line, &e)
	return e, err
}

// Worst picks the request that an incident is about: the last that failed, else the
// last. There must be one.
func Worst(list []Entry) Entry {
	for _, e := range slices.Backward(list) {
		if e.Status == 0 || e.Status >= 400 {
			return e
		}
	}
	return list[len(list)-1]
}

// Letter is what goes to the operators. It is in Russian, as they demand it.
type Letter struct {
	To      string
	Subject string
	Body    string
}

// About is what a letter says besides the request.
type About struct {
	ClientID, SystemName  string
	OrgOID, OrgName       string
	PersonOID, PersonName string
	Production            bool
	OrderID               int64
	Token                 time.Time // when the marker was issued; zero when not known
	Summary, Description  string    // of the incident, by whoever writes
	Analysis              string
}

// blank stands where only a person knows what to write.
const blank = "[впишите]"

// Compose writes the letter (SPEC-1.12.1, appendix 2). In production the person is
// named by the identifier only.
func Compose(a About, e Entry) Letter {
	or := func(s string) string {
		if strings.TrimSpace(s) == "" {
			return blank
		}
		return untrusted.Clean(s)
	}
	what := a.Summary
	if what == "" {
		what = fmt.Sprintf("#Ошибка %d %s %s", e.Status, e.Method, path(e))
		if e.Status == 0 {
			what = fmt.Sprintf("#Нет ответа %s %s", e.Method, path(e))
		}
	}
	environment := "SVCDEV (тестовая)"
	if a.Production {
		environment = "PROD (продуктивная)"
	}
	at := func(t time.Time) string {
		if t.IsZero() {
			return blank
		}
		return t.In(clock.Moscow()).Format("02.01.2006 15:04:05") + " (MSK)"
	}
	var b strings.Builder
	put := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	put("1. ИС: %s, client_id %s", or(a.SystemName), or(a.ClientID))
	switch {
	case a.OrgOID != "":
		put("2. Получатель услуги: организация %s, org_oid %s", or(a.OrgName), a.OrgOID)
	case a.Production:
		put("2. Получатель услуги: физическое лицо, идентификатор в ЕСИА %s", or(a.PersonOID))
	default:
		put("2. Получатель услуги: физическое лицо %s, идентификатор в ЕСИА %s", or(a.PersonName), or(a.PersonOID))
	}
	put("3. Среда ЕПГУ: %s", environment)
	put("4. Запрос отправлен: %s; маркер доступа получен: %s", at(e.At), at(a.Token))
	put("5. Запрос:")
	put("   а) метод: %s", e.Method)
	put("   б) host: %s", e.Host)
	put("   в) URL: %s", address(e))
	put("   г) заголовки:")
	for line := range strings.SplitSeq(strings.TrimRight(e.Headers, "\n"), "\n") {
		if line = strings.TrimSpace(line); line != "" {
			put("      %s", line)
		}
	}
	content := strings.TrimSpace(e.Body)
	if content == "" {
		content = "тела нет"
	}
	put("   д) тело: %s", strings.ReplaceAll(content, "\n", "\n      "))
	put("   е) отправлен: %s", at(e.At))
	answer := "ответа нет"
	if e.Status != 0 {
		answer = strings.TrimSpace(strconv.Itoa(e.Status) + " " + e.Answer)
	}
	put("   Ответ: %s; X-Request-Id: %s", answer, e.RequestID)
	put("6. Номер заявления (orderId): %d", a.OrderID)
	put("7. Описание ситуации: %s", or(a.Description))
	put("8. Результаты анализа: %s", or(a.Analysis))
	return Letter{To: To, Subject: or(a.ClientID) + " #API-ЕПГУ " + untrusted.Clean(what), Body: untrusted.CleanLines(b.String())}
}

// path is the path with the number of the application in its place.
func path(e Entry) string {
	return strings.ReplaceAll(e.Path, "{id}", strconv.FormatInt(e.OrderID, 10))
}

func address(e Entry) string {
	s := "https://" + e.Host + path(e)
	if e.Query != "" {
		s += "?" + e.Query
	}
	return s
}
