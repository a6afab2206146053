package cabinet

import (
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// maxPage is the largest page that a portal gives.
const maxPage = 200

// Take collects a list page by page, at most limit entries (0 is all of them),
// and returns with them how many there are.
func Take[T any](limit int, page func(PageQuery) (*wire.Page[T], error)) (items []T, total int, err error) {
	q := PageQuery{}
	seen := make(map[string]struct{})
	for {
		q.Limit = maxPage
		if limit > 0 {
			q.Limit = min(maxPage, limit-len(items))
		}
		p, err := page(q)
		if err != nil {
			return nil, 0, err
		}
		items = append(items, p.Items...)
		if p.NextCursor == "" || len(p.Items) == 0 || limit > 0 && len(items) >= limit {
			return items, max(p.Total, len(items)), nil
		}
		if _, twice := seen[p.NextCursor]; twice {
			return nil, 0, errPaging
		}
		seen[p.NextCursor] = struct{}{}
		q.Cursor = p.NextCursor
	}
}
