package text

// A Piece is an item that is shown, or a gap of Gap items that are not.
type Piece[T any] struct {
	Item T
	Gap  int
}

// Abridge shortens list to at most most pieces: the first and the last item and
// the marked ones stay, with as many around them as there is room for.
func Abridge[T any](list []T, marked func(T) bool, most int) []Piece[T] {
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
	var best []Piece[T]
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
func pieces[T any](list []T, show func(int) bool) []Piece[T] {
	var all []Piece[T]
	for i := 0; i < len(list); {
		end := i
		for end < len(list) && !show(end) {
			end++
		}
		if end-i > 1 {
			all = append(all, Piece[T]{Gap: end - i})
			i = end
			continue
		}
		all = append(all, Piece[T]{Item: list[i]})
		i++
	}
	return all
}
