// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import dev.writ.artifact.Jcs;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.artifact.MalformedLeafException;
import dev.writ.artifact.StrictJson;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a search found among neighbouring leaves, with all of those leaves, so that who reads it filters them
 * again. Nothing in it is believed; {@link PageVerifier} says what it proves.
 *
 * @param filter what was looked for
 * @param start index of the first leaf that was looked at
 * @param note the checkpoint's note
 * @param entries every leaf that was looked at, 1 to {@value #MAX_LEAVES}
 * @param first the path of the first of them
 * @param last the path of the last
 * @param matches indices of those that match, ascending
 * @param undecided indices of those of which nobody can say without an opening
 */
public record SearchPage(
    SearchFilter filter,
    long start,
    byte[] note,
    List<byte[]> entries,
    List<Hash> first,
    List<Hash> last,
    List<Integer> matches,
    List<Integer> undecided) {
  /** Most leaves looked at in one page. */
  public static final int MAX_LEAVES = LeafSource.MAX_ENTRIES;

  /** Leaves beyond it are in no page. */
  public static final int MAX_END = Integer.MAX_VALUE - MAX_LEAVES;

  /** Longest page, in bytes: entries of the greatest length in base64, and the rest. */
  public static final int MAX_BYTES = 24 * 1024 * 1024;

  private static final int MAX_PATH = 63;

  /** The page as given. */
  public SearchPage {
    note = note.clone();
    entries = List.copyOf(entries);
    first = List.copyOf(first);
    last = List.copyOf(last);
    matches = List.copyOf(matches);
    undecided = List.copyOf(undecided);
  }

  /**
   * The page of the leaves from {@code start} on, before {@code end}.
   *
   * @throws IndexOutOfBoundsException unless these are 1 to {@value #MAX_LEAVES} leaves of the log
   */
  public static SearchPage of(
      LeafSource source, Openings openings, SearchFilter filter, long start, long end)
      throws IOException {
    if (end <= start || end > MAX_END) {
      throw new IndexOutOfBoundsException(
          "a page must be of at least one leaf below "
              + MAX_END
              + ", was of "
              + start
              + " to "
              + end);
    }
    List<byte[]> entries = source.entries(start, end);
    Found found = Found.in(start, entries, filter, openings);
    return new SearchPage(
        filter,
        start,
        source.note(),
        entries,
        source.proof(start).path(),
        source.proof(end - 1).path(),
        found.matches(),
        found.undecided());
  }

  /** What a filter finds among entries. */
  record Found(List<Integer> matches, List<Integer> undecided) {
    static Found in(long start, List<byte[]> entries, SearchFilter filter, Openings openings) {
      Found found = new Found(new ArrayList<>(), new ArrayList<>());
      for (int i = 0; i < entries.size(); i++) {
        int index = Math.toIntExact(start + i);
        switch (judge(entries.get(i), filter, openings)) {
          case MATCHES -> found.matches.add(index);
          case UNDECIDED -> found.undecided.add(index);
          case DIFFERS -> {}
        }
      }
      return found;
    }

    private static SearchFilter.Answer judge(byte[] entry, SearchFilter filter, Openings openings) {
      try {
        return filter.judge(Leaf.parse(entry), openings);
      } catch (MalformedLeafException e) {
        return SearchFilter.Answer.UNDECIDED;
      }
    }
  }

  /** The time of the last entry that is a leaf. */
  public Optional<Instant> newestTime() {
    for (int i = entries.size() - 1; i >= 0; i--) {
      try {
        return Optional.of(Leaf.parse(entries.get(i)).time());
      } catch (MalformedLeafException e) {
        // One before it may be a leaf.
      }
    }
    return Optional.empty();
  }

  /** The first leaf behind those that were looked at. */
  public long end() {
    return start + entries.size();
  }

  @Override
  public byte[] note() {
    return note.clone();
  }

  /** The page as canonical JSON (RFC 8785). */
  public byte[] toJson() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("v", 1);
    map.put("filter", filter.toMap());
    map.put("start", start);
    map.put("end", end());
    map.put("checkpoint", new String(note, StandardCharsets.UTF_8));
    map.put("entries", entries.stream().map(Base64.getEncoder()::encodeToString).toList());
    map.put("first", first);
    map.put("last", last);
    map.put("matches", matches);
    map.put("undecided", undecided);
    return Jcs.canonical(map);
  }

  /** The page that {@code json} spells; members unknown to this format are refused. */
  public static SearchPage parse(byte[] json) throws MalformedPageException {
    try {
      JsonMembers members = StrictJson.parse(json, MAX_BYTES);
      members.version();
      long start = members.integer("start", 0, MAX_END);
      List<byte[]> entries = new ArrayList<>();
      for (String entry : members.texts("entries", MAX_LEAVES)) {
        entries.add(decode(entry));
      }
      // A page says what it is of in one way.
      long end = start + entries.size();
      long unused = members.integer("end", end, end);
      SearchPage page =
          new SearchPage(
              SearchFilter.take(members.object("filter")),
              start,
              members.text("checkpoint").getBytes(StandardCharsets.UTF_8),
              entries,
              members.hashes("first", MAX_PATH),
              members.hashes("last", MAX_PATH),
              members.integers("matches", MAX_LEAVES, 0, Integer.MAX_VALUE),
              members.integers("undecided", MAX_LEAVES, 0, Integer.MAX_VALUE));
      members.end();
      return page;
    } catch (MalformedJsonException | IllegalArgumentException e) {
      throw new MalformedPageException("a search page must be one, and is not", e);
    }
  }

  /** Standard base64 with padding (RFC 4648 section 4), in its one spelling. */
  private static byte[] decode(String text) {
    byte[] bytes = Base64.getDecoder().decode(text);
    if (!Base64.getEncoder().encodeToString(bytes).equals(text)) {
      throw new IllegalArgumentException("entries: must be base64 with unused bits zero, were not");
    }
    return bytes;
  }
}
