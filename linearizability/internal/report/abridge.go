package report

// A piece is an item that is shown, or a gap of so many that are not.
type piece[T any] struct {
	item T
	gap  int
}

// abridged is list in at most so many pieces: the first and the last item and
// those that are marked stay, with as many around them as there is room for.
func abridged[T any](list []T, marked func(T) bool, most int) []piece[T] {
	if len(list) <= most {
		return pieces(list, func(int) bool { return true })
	}
	centers := []int{0, len(list) - 1}
	for i := range list {
		if marked(list[i]) && len(centers) < most/2 {
			centers = append(centers, i)
		}
	}
	distance := distances(len(list), centers)
	var best []piece[T]
	for radius := 0; radius <= most; radius++ {
		shown := pieces(list, func(i int) bool { return distance[i] <= radius })
		if len(shown) > most && best != nil {
			break
		}
		best = shown
	}
	return best
}

// distances returns how far each of n items is from the nearest center.
func distances(n int, centers []int) []int {
	distance := make([]int, n)
	for i := range distance {
		distance[i] = n
	}
	for _, c := range centers {
		distance[c] = 0
	}
	for i := 1; i < n; i++ {
		distance[i] = min(distance[i], distance[i-1]+1)
	}
	for i := n - 2; i >= 0; i-- {
		distance[i] = min(distance[i], distance[i+1]+1)
	}
	return distance
}

// pieces shows the items that are to be shown, and counts the others. A gap of
// one is shown itself: it takes no more room.
func pieces[T any](list []T, show func(int) bool) []piece[T] {
	var all []piece[T]
	for i := 0; i < len(list); {
		end := i
		for end < len(list) && !show(end) {
			end++
		}
		if end-i > 1 {
			all = append(all, piece[T]{gap: end - i})
			i = end
			continue
		}
		all = append(all, piece[T]{item: list[i]})
		i++
	}
	return all
}
