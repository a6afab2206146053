package gusmev

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
)

// DownloadPath chooses between the two paths that portals serve files from.
type DownloadPath int

// The paths.
const (
	// DownloadAuto tries the path of SPEC-1.13, and the older one when the
	// portal does not know the first.
	DownloadAuto DownloadPath = iota
	// DownloadCurrent uses only the path of SPEC-1.13.
	DownloadCurrent
	// DownloadOlder uses only the path that earlier integrations use.
	DownloadOlder
)

// DefaultMaxFile bounds a file when the caller names no limit, bytes.
const DefaultMaxFile = 200 << 20

// Link is where a file of an order lies: terrabyte://00/<object>/<mnemonic>/<type>.
type Link struct {
	ObjectID   int64
	Mnemonic   string // the file's name at the portal
	ObjectType int    // 2 attachment, 3 result
}

// ParseLink reads the link of a file in order details.
func ParseLink(s string) (Link, error) {
	rest, ok := strings.CutPrefix(s, "terrabyte://00/")
	if !ok {
		return Link{}, fmt.Errorf("link of a file: %q has no terrabyte://00/", short(s))
	}
	object, rest, ok1 := strings.Cut(rest, "/")
	cut := strings.LastIndexByte(rest, '/') // the mnemonic may hold slashes
	if !ok1 || cut <= 0 {
		return Link{}, fmt.Errorf("link of a file: %q has too few parts", short(s))
	}
	id, err := strconv.ParseInt(object, 10, 64)
	if err != nil || id <= 0 {
		return Link{}, fmt.Errorf("link of a file: object %q is not a number", short(object))
	}
	kind, err := strconv.Atoi(rest[cut+1:])
	if err != nil || kind < 0 {
		return Link{}, fmt.Errorf("link of a file: type %q is not a number", short(rest[cut+1:]))
	}
	mnemonic := rest[:cut]
	if len(mnemonic) > 1024 || strings.ContainsFunc(mnemonic, func(r rune) bool { return r < 0x20 || r == 0x7f }) {
		return Link{}, fmt.Errorf("link of a file: bad name %q", short(mnemonic))
	}
	return Link{ObjectID: id, Mnemonic: mnemonic, ObjectType: kind}, nil
}

func short(s string) string { return s[:min(len(s), 80)] }

// Source says where a file of an order lies, as order details do.
type Source struct {
	Link string // of the file, "terrabyte://00/…"
	// StatusHistoryID is the currentStatusHistoryId of the order: the objectId of a
	// result (SPEC-1.12.1, table 33). 0 leaves the object of the link.
	StatusHistoryID int64
	EserviceCode    string // of the order; may be empty
}

// resultType is the objectType of a file of the result.
const resultType = 3

// Download streams a file of an order to w, at most limit bytes (DefaultMaxFile when
// not positive), and returns how many were written. A result is asked for under the
// status that the specification names, and under the object of its link where the
// portal has none there. After an error w may hold the beginning of the file.
func (c *Client) Download(ctx context.Context, from Source, w io.Writer, limit int64) (int64, error) {
	l, err := ParseLink(from.Link)
	if err != nil {
		return 0, fault.New(exitcode.Failure, "gusmev.bad_link", i18n.Say(
			"портал дал непонятную ссылку на файл", "the portal gave a link to the file that makes no sense")).Because(err)
	}
	if limit <= 0 {
		limit = DefaultMaxFile
	}
	paths := []string{wire.PathDownload, wire.PathDownloadOlder}
	switch c.opts.Downloads {
	case DownloadCurrent:
		paths = paths[:1]
	case DownloadOlder:
		paths = paths[1:]
	}
	objects := []int64{l.ObjectID}
	if l.ObjectType == resultType && from.StatusHistoryID > 0 && from.StatusHistoryID != l.ObjectID {
		objects = []int64{from.StatusHistoryID, l.ObjectID}
	}
	var n int64
	for _, path := range paths {
		for _, object := range objects {
			call := c.call(http.MethodGet, path)
			call.PathParams = map[string]string{"objectId": strconv.FormatInt(object, 10), "objectType": strconv.Itoa(l.ObjectType)}
			call.Query = url.Values{"mnemonic": {l.Mnemonic}}
			if from.EserviceCode != "" && path == wire.PathDownload {
				call.Query.Set("eserviceCode", from.EserviceCode)
			}
			call.Header = http.Header{"Accept": {"*/*"}}
			call.Policy = transport.Safe
			var resp *transport.Response
			resp, n, err = c.t.Copy(ctx, call, w, limit)
			if err == nil && resp.Status != http.StatusNoContent {
				return n, nil
			}
			if err == nil {
				err = fileNotFound(resp.RequestID)
			}
			if n > 0 || !absent(err) {
				return n, Explain(err)
			}
		}
	}
	return n, Explain(err)
}

// absent reports whether the portal has nothing at an address, so that the file may
// lie at another.
func absent(err error) bool {
	te := transport.AsError(err)
	if te == nil {
		f := fault.Of(err)
		return f != nil && f.Code == codeFileNotFound
	}
	return te.Kind == transport.Status && (te.Status == http.StatusNotFound || te.Status == http.StatusMethodNotAllowed)
}

const codeFileNotFound = "gusmev.file_not_found"

func fileNotFound(requestID string) error {
	f := fault.New(exitcode.NotFound, codeFileNotFound, i18n.Say("файла на портале нет", "the portal has no such file"))
	f.RequestID = requestID
	return f
}
