// SPDX-License-Identifier: Apache-2.0
package dev.writ.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The corpus is whole: each number has its place, once at each level. */
final class CorpusTest {
  @Test
  void corpus_holdsEachNumber_onceAtALevel() {
    Set<Integer> numbers =
        Corpus.of(Path.of("../.."), ServiceUnderTest.absent("not here")).stream()
            .map(NegativeCase::number)
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(numbers)
        .containsExactlyElementsOf(
            IntStream.rangeClosed(1, Corpus.CASES).boxed().collect(Collectors.toList()));
    assertThat(
            Corpus.of(Path.of("../.."), ServiceUnderTest.absent("not here")).stream()
                .map(each -> each.number() + " " + each.level())
                .toList())
        .doesNotHaveDuplicates();
  }
}
