// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import static dev.writ.lineage.SampleLog.artifact;
import static dev.writ.lineage.SampleLog.digest;
import static dev.writ.lineage.SampleLog.uuid;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.LeafKind;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.CompactRange;
import dev.writ.tlog.Hash;
import dev.writ.tlog.InclusionProof;
import dev.writ.tlog.LogPolicy;
import dev.writ.tlog.MerkleTree;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** A page leaves nothing out and adds nothing, or is refused. */
class SearchPageTest {
  static SearchFilter filter(Map<String, Object> conditions) {
    return new SearchFilter(
        get(conditions, "kind"),
        get(conditions, "jti"),
        get(conditions, "policy_digest"),
        get(conditions, "code"),
        get(conditions, "pcr_digest"),
        get(conditions, "subject"),
        get(conditions, "host"),
        get(conditions, "since"),
        get(conditions, "before"));
  }

  @SuppressWarnings("unchecked")
  private static <T> Optional<T> get(Map<String, Object> conditions, String name) {
    return Optional.ofNullable((T) conditions.get(name));
  }

  private static SearchPage page(Map<String, Object> conditions, Openings openings)
      throws Exception {
    return SearchPage.of(
        MemoryLog.ofLeaves(SampleLog.whole().leaves).open(), openings, filter(conditions), 0, 17);
  }

  private static List<Integer> matches(Map<String, Object> conditions) throws Exception {
    SearchPage page = page(conditions, Openings.NONE);
    assertThat(page.undecided()).isEmpty();
    return page.matches();
  }

  private static PageOutcome verify(SearchPage page) {
    return new PageVerifier(MemoryLog.policy()::verifyCheckpoint, Openings.NONE).verify(page);
  }

  @Test
  void conditionsOnWhatLeavesSayInClear_decideEveryLeaf() throws Exception {
    assertThat(matches(Map.of("kind", LeafKind.DECISION_DENY))).containsExactly(8, 9);
    assertThat(matches(Map.of("code", DenialCode.POLICY_DENIED))).containsExactly(9);
    assertThat(matches(Map.of("code", DenialCode.UNVERIFIABLE))).containsExactly(12);
    assertThat(matches(Map.of("jti", uuid(1)))).containsExactly(5, 6, 7);
    assertThat(matches(Map.of("policy_digest", SampleLog.policyDigest(1))))
        .containsExactly(2, 5, 8, 9);
    assertThat(
            matches(
                Map.of(
                    "since", SampleLog.NOW.plusSeconds(6), "before", SampleLog.NOW.plusSeconds(8))))
        .containsExactly(6, 7);
    assertThat(matches(Map.of("jti", uuid(1), "kind", LeafKind.OUTCOME))).containsExactly(6);
    assertThat(matches(Map.of())).hasSize(17);
  }

  @Test
  void conditionsOnCommitments_areUndecidedWithoutTheirOpening() throws Exception {
    SearchPage host = page(Map.of("host", "build-8"), Openings.NONE);
    assertThat(host.matches()).isEmpty();
    assertThat(host.undecided()).containsExactly(3, 4, 5);
    Openings some =
        new Openings.Builder()
            .open(SampleLog.salt("host"), "build-8")
            .open(SampleLog.salt("invited"), "build-8")
            .build();
    SearchPage opened = page(Map.of("host", "build-8"), some);
    assertThat(opened.matches()).containsExactly(3, 4);
    assertThat(opened.undecided()).containsExactly(5);
    assertThat(page(Map.of("host", "build-9"), some).matches()).isEmpty();
    assertThat(page(Map.of("subject", "spiffe://writ.example/payroll"), Openings.NONE).undecided())
        .containsExactly(5);
  }

  @Test
  void conditionThatRulesALeafOut_decidesItWithoutAnOpening() throws Exception {
    assertThat(matches(Map.of("host", "build-8", "kind", LeafKind.OUTCOME))).isEmpty();
  }

  @Test
  void pcrDigest_isFoundInStarts_andInAllowsThatWereOpened() throws Exception {
    SearchPage clear = page(Map.of("pcr_digest", digest("pcrs")), Openings.NONE);
    assertThat(clear.matches()).containsExactly(11);
    assertThat(clear.undecided()).containsExactly(5);
    Openings openings = SampleLog.openings(artifact(1).build());
    Hash quoted = artifact(1).build().claims().env().digest();
    assertThat(page(Map.of("pcr_digest", quoted), openings).matches()).containsExactly(5);
    assertThat(page(Map.of("subject", "spiffe://writ.example/payroll"), openings).matches())
        .containsExactly(5);
  }

  @Test
  void page_isReadAsItWasWritten_andProvesItsRange() throws Exception {
    SearchPage page =
        page(Map.of("kind", LeafKind.OUTCOME, "code", DenialCode.REPLAYED), Openings.NONE);
    SearchPage read = SearchPage.parse(page.toJson());
    assertThat(read.toJson()).isEqualTo(page.toJson());
    assertThat(verify(read)).isEqualTo(new PageOutcome.Complete(0, 17, 17, List.of(), List.of()));
  }

  @Test
  void everyRangeOfEveryTreeUpTo24_isProven_andInNoOtherPlace() {
    List<Hash> leaves = new ArrayList<>();
    for (int size = 1; size <= 24; size++) {
      leaves.add(digest("leaf " + size));
      Hash root = MerkleTree.root(leaves);
      for (int start = 0; start < size; start++) {
        for (int end = start + 1; end <= size; end++) {
          List<Hash> range = leaves.subList(start, end);
          List<Hash> first = path(start, leaves);
          List<Hash> last = path(end - 1, leaves);
          assertThat(LeafRangeProof.root(start, range, size, first, last)).hasValue(root);
          if (end < size) {
            assertThat(LeafRangeProof.root(start + 1, range, size, first, last))
                .isNotEqualTo(Optional.of(root));
          }
          if (range.size() > 1) {
            assertThat(
                    LeafRangeProof.root(
                        start, range.subList(0, range.size() - 1), size, first, last))
                .isNotEqualTo(Optional.of(root));
          }
        }
      }
    }
  }

  /** RFC 9162 section 2.1.3.1, written down once more. */
  private static List<Hash> path(int index, List<Hash> leaves) {
    if (leaves.size() == 1) {
      return new ArrayList<>();
    }
    int split = Integer.highestOneBit(leaves.size() - 1);
    List<Hash> path;
    if (index < split) {
      path = path(index, leaves.subList(0, split));
      path.add(MerkleTree.root(leaves.subList(split, leaves.size())));
    } else {
      path = path(index - split, leaves.subList(split, leaves.size()));
      path.add(MerkleTree.root(leaves.subList(0, split)));
    }
    return path;
  }

  /** The page of leaves 4 to 9, changed: what its members are called, and what each is. */
  private static String refused(Consumer<Map<String, Object>> change) throws Exception {
    SearchPage page =
        SearchPage.of(
            MemoryLog.ofLeaves(SampleLog.whole().leaves).open(),
            Openings.NONE,
            filter(Map.of("kind", LeafKind.OUTCOME)),
            4,
            9);
    assertThat(verify(page)).isInstanceOf(PageOutcome.Complete.class);
    Map<String, Object> parts =
        new TreeMap<>(
            Map.of(
                "start", page.start(),
                "note", page.note(),
                "entries", new ArrayList<>(page.entries()),
                "first", new ArrayList<>(page.first()),
                "last", new ArrayList<>(page.last()),
                "matches", new ArrayList<>(page.matches())));
    change.accept(parts);
    PageOutcome outcome =
        verify(
            new SearchPage(
                page.filter(),
                (long) part(parts, "start"),
                part(parts, "note"),
                part(parts, "entries"),
                part(parts, "first"),
                part(parts, "last"),
                part(parts, "matches"),
                List.of()));
    assertThat(outcome).isInstanceOf(PageOutcome.Refused.class);
    return ((PageOutcome.Refused) outcome).reason();
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <T> T part(Map<String, Object> parts, String name) {
    return (T) Objects.requireNonNull(parts.get(name));
  }

  @Test
  void leafThatWasLeftOut_isRefused() throws Exception {
    for (int left : new int[] {0, 2, 4}) {
      assertThat(refused(parts -> SearchPageTest.<List<byte[]>>part(parts, "entries").remove(left)))
          .contains("must lead to the checkpoint's root");
    }
  }

  @Test
  void leafThatWasAdded_isRefused() throws Exception {
    byte[] added = SampleLog.whole().leaves.get(6).bytes();
    for (int place : new int[] {0, 3, 5}) {
      assertThat(
              refused(
                  parts -> SearchPageTest.<List<byte[]>>part(parts, "entries").add(place, added)))
          .contains("must lead to the checkpoint's root");
    }
  }

  @Test
  void leafThatWasExchanged_isRefused() throws Exception {
    byte[] other = "another".getBytes(StandardCharsets.UTF_8);
    assertThat(refused(parts -> SearchPageTest.<List<byte[]>>part(parts, "entries").set(2, other)))
        .contains("must lead to the checkpoint's root");
  }

  @Test
  void matchThatWasLeftOutOrAdded_isRefused() throws Exception {
    assertThat(refused(parts -> SearchPageTest.<List<Integer>>part(parts, "matches").clear()))
        .isEqualTo("the leaves that match must be [6], are said to be []");
    assertThat(refused(parts -> SearchPageTest.<List<Integer>>part(parts, "matches").add(7)))
        .isEqualTo("the leaves that match must be [6], are said to be [6, 7]");
  }

  @Test
  void rangeOfAnotherPlace_isRefused() throws Exception {
    for (long start : new long[] {0, 3, 5, 12, 15, -1}) {
      assertThat(refused(parts -> parts.put("start", start)))
          .contains("must lead to the checkpoint's root");
    }
  }

  @Test
  void checkpointOfAnotherTreeOrKey_isRefused() throws Exception {
    CompactRange other = new CompactRange();
    for (int i = 0; i < 17; i++) {
      other.append(digest("other " + i));
    }
    byte[] note = MemoryLog.note(new Checkpoint(MemoryLog.ORIGIN, 17, other.root()));
    assertThat(refused(parts -> parts.put("note", note)))
        .contains("must lead to the checkpoint's root " + other.root());
    assertThat(
            refused(
                parts -> SearchPageTest.<byte[]>part(parts, "note")[MemoryLog.ORIGIN.length()]++))
        .contains("the checkpoint must be");
  }

  @Test
  void checkpointOfAnotherKey_isNotBelieved() throws Exception {
    LogPolicy other =
        LogPolicy.parse(
            "log ledger.example.org/writ+c36dabd1+AjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABAFalgvIT5SQ+x7/n2Exs+fncW5yi/oNuLvd7082JgVxZope8pYqVZf/ywtYrPRaeVOzloGxSFlID6qJJqXIEIc=\nquorum none\n");
    SearchPage page = page(Map.of(), Openings.NONE);
    assertThat(new PageVerifier(other::verifyCheckpoint, Openings.NONE).verify(page))
        .isInstanceOfSatisfying(
            PageOutcome.Refused.class,
            refused -> assertThat(refused.reason()).contains("must be believed, and is not"));
    assertThat(refused(parts -> parts.put("note", new byte[] {1})))
        .contains("the checkpoint must be a note");
  }

  @Test
  void pathOfAnotherLengthOrHash_isRefused() throws Exception {
    for (String path : List.of("first", "last")) {
      assertThat(refused(parts -> SearchPageTest.<List<Hash>>part(parts, path).remove(0)))
          .contains("the paths are of another length");
      for (int i = 0; i < 4; i++) {
        int at = i;
        assertThat(
                refused(parts -> SearchPageTest.<List<Hash>>part(parts, path).set(at, digest("x"))))
            .isNotEmpty();
      }
    }
  }

  @Test
  void openingsOtherThanTheSearchHad_areRefused() throws Exception {
    Openings openings = new Openings.Builder().open(SampleLog.salt("host"), "build-8").build();
    SearchPage page = page(Map.of("host", "build-8"), openings);
    assertThat(new PageVerifier(MemoryLog.policy()::verifyCheckpoint, openings).verify(page))
        .isInstanceOf(PageOutcome.Complete.class);
    assertThat(verify(page)).isInstanceOf(PageOutcome.Refused.class);
  }

  @Test
  void pagesOfARange_followOneAnother_withNothingBetween() throws Exception {
    LeafSource source = MemoryLog.ofLeaves(SampleLog.whole().leaves).open();
    SearchFilter all = filter(Map.of("jti", uuid(1)));
    SearchFilter other = filter(Map.of("jti", uuid(2)));
    SearchPage one = SearchPage.of(source, Openings.NONE, all, 0, 6);
    SearchPage two = SearchPage.of(source, Openings.NONE, all, 6, 17);
    SearchPage later = SearchPage.of(source, Openings.NONE, all, 7, 17);
    PageVerifier verifier = new PageVerifier(MemoryLog.policy()::verifyCheckpoint, Openings.NONE);
    assertThat(verifier.verify(List.of(one, two), 0, 17))
        .isEqualTo(new PageOutcome.Complete(0, 17, 17, List.of(5, 6, 7), List.of()));
    for (List<SearchPage> wrong :
        List.of(
            List.<SearchPage>of(),
            List.of(one),
            List.of(two),
            List.of(two, one),
            List.of(one, later),
            List.of(one, one, two),
            List.of(one, SearchPage.of(source, Openings.NONE, other, 6, 17)))) {
      assertThat(verifier.verify(wrong, 0, 17)).isInstanceOf(PageOutcome.Refused.class);
    }
    assertThat(verifier.verify(List.of(one, two), 0, 18)).isInstanceOf(PageOutcome.Refused.class);
  }

  /** A log of which nobody could make an index. */
  private record Far(LeafSource near, long shift) implements LeafSource {
    @Override
    public Checkpoint checkpoint() {
      return near.checkpoint();
    }

    @Override
    public byte[] note() {
      return near.note();
    }

    @Override
    public List<byte[]> entries(long start, long end) throws IOException {
      return near.entries(start - shift, end - shift);
    }

    @Override
    public InclusionProof proof(long index) throws IOException {
      return near.proof(index - shift);
    }
  }

  @Test
  void pageFarBehindWhatAnIndexTakes_isOneAsAnyOther_andHasAnEnd() throws Exception {
    LeafSource near = MemoryLog.ofLeaves(SampleLog.whole().leaves).open();
    long start = 2L * Lineage.MAX_LEAVES;
    SearchPage page =
        SearchPage.of(
            new Far(near, start),
            Openings.NONE,
            filter(Map.of("kind", LeafKind.OUTCOME)),
            start + 4,
            start + 9);
    assertThat(page.matches()).containsExactly((int) start + 6);
    assertThat(SearchPage.parse(page.toJson()).toJson()).isEqualTo(page.toJson());
    Far farther = new Far(near, SearchPage.MAX_END - 4L);
    assertThatThrownBy(
            () ->
                SearchPage.of(
                    farther, Openings.NONE, filter(Map.of()), SearchPage.MAX_END, Long.MAX_VALUE))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void whatIsNoPage_isRefused() throws Exception {
    String page = new String(page(Map.of(), Openings.NONE).toJson(), StandardCharsets.UTF_8);
    for (String wrong :
        List.of(
            "",
            "{}",
            page.replace("\"end\":17", "\"end\":16"),
            page.replace("\"v\":1", "\"v\":2"),
            page.replace("\"matches\"", "\"found\""),
            page.replace("\"filter\":{}", "\"filter\":{\"color\":\"red\"}"),
            page.replaceFirst("\"entries\":\\[\"", "\"entries\":[\"*"))) {
      assertThatThrownBy(() -> SearchPage.parse(wrong.getBytes(StandardCharsets.UTF_8)))
          .isInstanceOf(MalformedPageException.class);
    }
    assertThatThrownBy(
            () ->
                SearchPage.of(
                    MemoryLog.ofLeaves(SampleLog.whole().leaves).open(),
                    Openings.NONE,
                    filter(Map.of()),
                    3,
                    3))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }
}
