package cabinet

import (
	"errors"
	"testing"

	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

func TestAPortalThatTurnsItsPagesInACircleIsLeft(t *testing.T) {
	asked := 0
	_, _, err := Take(0, func(q PageQuery) (*wire.Page[int], error) {
		asked++
		next := map[string]string{"": "a", "a": "b", "b": "a"}
		return &wire.Page[int]{Items: []int{1}, NextCursor: next[q.Cursor], Total: 1}, nil
	})
	if !errors.Is(err, errPaging) || asked > 3 {
		t.Errorf("%v after %d pages", err, asked)
	}
}
