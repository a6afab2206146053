package gusmev

import (
	"context"
	"iter"
	"net/http"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
)

// dictionaryPage is how many entries one request of DictionaryItems asks for.
const dictionaryPage = 500

// Dictionary returns one page of a dictionary; no sign-in is needed. An
// unknown code is a fault with exit code 5.
func (c *Client) Dictionary(ctx context.Context, code string, req wire.DictionaryRequest) (*wire.Dictionary, error) {
	if req.TreeFiltering == "" {
		req.TreeFiltering = "ONELEVEL"
	}
	req.PageNum = max(req.PageNum, 1)
	if req.PageSize <= 0 {
		req.PageSize = dictionaryPage
	}
	body, err := transport.JSON(req)
	if err != nil {
		return nil, err
	}
	call := c.call(http.MethodPost, wire.PathDictionary)
	call.PathParams = map[string]string{"code": code}
	call.Body, call.Policy, call.Auth = body, transport.Safe, transport.AuthNone
	var page wire.Dictionary
	resp, err := c.t.JSON(ctx, call, &page)
	if err != nil {
		return nil, Explain(err)
	}
	if page.Error.Code != 0 {
		return nil, dictionaryFault(code, &page, resp.RequestID)
	}
	return &page, nil
}

// DictionaryItems yields every entry under parent ("" is the top level), page
// by page. The sequence ends after the first error.
func (c *Client) DictionaryItems(ctx context.Context, code, parent string) iter.Seq2[wire.DictionaryItem, error] {
	return func(yield func(wire.DictionaryItem, error) bool) {
		seen := 0
		for page := 1; ; page++ {
			d, err := c.Dictionary(ctx, code, wire.DictionaryRequest{ParentRefItemValue: parent, PageNum: page, PageSize: dictionaryPage})
			if err != nil {
				yield(wire.DictionaryItem{}, err)
				return
			}
			for _, item := range d.Items {
				if !yield(item, nil) {
					return
				}
			}
			seen += len(d.Items)
			if len(d.Items) == 0 || seen >= d.Total {
				return
			}
		}
	}
}

func dictionaryFault(code string, d *wire.Dictionary, requestID string) error {
	const notFound = 7 // "Entity not found"
	f := fault.New(exitcode.Refused, "gusmev.dictionary", i18n.Text{
		RU: "портал не дал справочник %s: %s", EN: "the portal did not give dictionary %s: %s"}.With(code, d.Error.Message))
	if d.Error.Code == notFound {
		f = fault.New(exitcode.NotFound, "gusmev.dictionary_not_found", i18n.Text{
			RU: "справочника %s на портале нет", EN: "the portal has no dictionary %s"}.With(code)).
			Advise(i18n.Say("известные: BIC, EXTERNAL_BIC, TO_PFR", "known ones: BIC, EXTERNAL_BIC, TO_PFR"))
	}
	f.RequestID = requestID
	return f
}
