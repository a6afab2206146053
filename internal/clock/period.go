package clock

import (
	"strconv"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
)

// ParsePeriod reads "3d", "2w" or anything that time.ParseDuration reads.
func ParsePeriod(s string) (time.Duration, error) {
	bad := fault.New(exitcode.Usage, "period.invalid", i18n.Text{
		RU: "«%s» — не срок; пишите, например, 3d, 2w или 36h", EN: "%q is not a period; write, for example, 3d, 2w or 36h"}.With(s))
	for suffix, unit := range map[string]time.Duration{"d": 24 * time.Hour, "w": 7 * 24 * time.Hour, "д": 24 * time.Hour} {
		if n, ok := strings.CutSuffix(s, suffix); ok {
			k, err := strconv.Atoi(n)
			if err != nil || k <= 0 || k > 36500 {
				return 0, bad
			}
			return time.Duration(k) * unit, nil
		}
	}
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 {
		return 0, bad
	}
	return d, nil
}
