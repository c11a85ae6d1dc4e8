// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/**
 * Random artifacts under random artifacts: whatever passes as a child is within its parent to every reader,
 * however that reads resources, and in every member. What is within is said here by each member alone, and
 * of resources by what servers make of them, not by how the code under test compares.
 */
class NarrowingPropertyTest {
  private static final long SEED = 20_261_130;
  private static final int ROUNDS = 6_000;
  private static final ArtifactClaims ANY = TestWorld.claims();

  private static final List<String> SEGMENTS =
      List.of(
          "a",
          "b",
          "A",
          "ab",
          "a.b",
          "..",
          ".",
          "",
          "%2e%2e",
          "%252e%252e",
          "a%2fb",
          "%61",
          "a;x",
          "..;",
          "..;v=1",
          "\uff0e\uff0e",
          "\uff41",
          "a ",
          "a.",
          "...",
          "*",
          "b?c",
          "b#c",
          "..\\a",
          "\u200b..",
          "cafe\u0301",
          "caf\u00e9",
          "a+b",
          "~a",
          "a:b");
  private static final List<String> BEGINNINGS =
      List.of(
          "/",
          "/",
          "/",
          "",
          "//",
          "https://h/",
          "https://h/",
          "HTTPS://h/",
          "https://h:443/",
          "https://H/",
          "https://h./",
          "https://u@h/",
          "https:/h/",
          "https://h\\/",
          "file:///");

  /** How servers, file systems and browsers read one spelling: each may be whoever guards the resource. */
  private static final Map<String, UnaryOperator<String>> READERS = readers();

  private static Map<String, UnaryOperator<String>> readers() {
    Map<String, UnaryOperator<String>> readers = new TreeMap<>();
    readers.put("as it is", text -> text);
    readers.put("dots", NarrowingPropertyTest::withoutDots);
    readers.put("decoded", text -> withoutDots(decoded(text)));
    readers.put("decoded twice", text -> withoutDots(decoded(decoded(text))));
    readers.put("small letters", text -> withoutDots(text.toLowerCase(Locale.ROOT)));
    readers.put("backslashes", text -> withoutDots(text.replace('\\', '/')));
    readers.put("no parameters", text -> withoutDots(text.replaceAll(";[^/]*", "")));
    readers.put("no query", text -> withoutDots(text.replaceAll("[?#].*", "")));
    readers.put("no white space", text -> withoutDots(text.replaceAll("[\\s\\p{Cf}]", "")));
    readers.put(
        "compatible forms", text -> withoutDots(Normalizer.normalize(text, Normalizer.Form.NFKC)));
    readers.put("no dots at an end", text -> withoutDots(text.replaceAll("\\.+(?=/|$)", "")));
    return readers;
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return text;
    }
  }

  /** RFC 3986, 5.2.4, with doubled slashes as one, after the authority where there is one. */
  private static String withoutDots(String text) {
    int authority = text.indexOf("://");
    int path = authority < 0 ? 0 : text.indexOf('/', authority + 3);
    if (path < 0) {
      return text;
    }
    Deque<String> kept = new ArrayDeque<>();
    for (String segment : text.substring(path).split("/", -1)) {
      if (segment.equals("..")) {
        String unused = kept.pollLast();
      } else if (!segment.isEmpty() && !segment.equals(".")) {
        kept.addLast(segment);
      }
    }
    String rooted = text.startsWith("/", path) ? "/" : "";
    return text.substring(0, path) + rooted + String.join("/", kept);
  }

  private static boolean isBelow(String above, String below) {
    List<String> high = segments(above);
    List<String> low = segments(below);
    return low.size() >= high.size() && low.subList(0, high.size()).equals(high);
  }

  private static List<String> segments(String text) {
    String plain = text.endsWith("/") ? text.substring(0, text.length() - 1) : text;
    return List.of(plain.split("/", -1));
  }

  private final Random random = new Random(SEED);
  private long made;

  private <T> T one(List<T> all) {
    return all.get(random.nextInt(all.size()));
  }

  private boolean oneIn(int number) {
    return random.nextInt(number) == 0;
  }

  private String resource() {
    StringBuilder text = new StringBuilder(one(BEGINNINGS));
    int segments = random.nextInt(4);
    for (int i = 0; i < segments; i++) {
      text.append(i == 0 ? "" : "/").append(one(SEGMENTS));
    }
    return text.length() == 0 ? "a" : text.toString();
  }

  /** Near another, as who tries to get out of it would ask. */
  private String resourceNear(String above) {
    return switch (random.nextInt(4)) {
      case 0 -> above;
      case 1 -> resource();
      default -> above + (above.endsWith("/") ? "" : "/") + one(SEGMENTS) + '/' + one(SEGMENTS);
    };
  }

  private <T> List<T> some(List<T> all) {
    List<T> chosen = new ArrayList<>(List.of(one(all)));
    all.stream().filter(each -> !chosen.contains(each) && oneIn(2)).forEach(chosen::add);
    return chosen;
  }

  private Optional<Delegable> delegable(String near) {
    try {
      return oneIn(4)
          ? Optional.empty()
          : Optional.of(
              new Delegable(
                  some(List.of("read", "write", "reads")),
                  List.of(oneIn(3) ? resourceNear(near) : near),
                  some(List.of("g", "h", "G")),
                  random.nextInt(5)));
    } catch (IllegalArgumentException notCanonical) {
      return Optional.empty();
    }
  }

  private ArtifactClaims claims(Optional<ArtifactClaims> parent) {
    Optional<Delegable> bound = parent.flatMap(above -> above.act().delegable());
    String near =
        parent.isEmpty()
            ? resource()
            : bound
                .filter(any -> !oneIn(3))
                .map(any -> any.resources().get(0))
                .orElse(parent.get().act().resource());
    int uses = random.nextInt(3);
    Map<String, Long> limits = new TreeMap<>();
    for (String name : List.of("n", "n.1", "m")) {
      if (oneIn(parent.isEmpty() ? 3 : 2)) {
        limits.put(name, (long) random.nextInt(3));
      }
    }
    List<String> aud = some(List.of("g", "h", "G"));
    Act act =
        new Act(
            one(List.of("read", "write", "reads")),
            parent.isEmpty() ? near : resourceNear(near),
            one(List.of(TestWorld.hash("0"), TestWorld.hash("1"))),
            limits,
            uses,
            delegable(near));
    Instant begin = ANY.nbf().plusSeconds(random.nextInt(3));
    Governance gov =
        new Governance(
            oneIn(6) ? "bob" : "alice",
            List.of(),
            some(List.of("log", "notify", "log:full")),
            oneIn(4) ? Governance.Mode.BREAK_GLASS : Governance.Mode.STANDARD);
    return new ArtifactClaims(
        oneIn(12) ? "https://other.example" : ANY.iss(),
        ANY.sub(),
        uses == 0 ? aud : aud.subList(0, 1),
        begin,
        begin,
        ANY.exp().plusSeconds(random.nextInt(3)),
        new UuidV7(
            new UUID(
                TestWorld.NOW.toEpochMilli() << 16 | 0x7000L, 0x8000_0000_0000_0000L | ++made)),
        ANY.jkt(),
        oneIn(12) ? "acme2" : ANY.tenant(),
        act,
        ANY.env(),
        new PolicyReference("payroll", 3, TestWorld.hash("policy"), oneIn(12) ? 8 : 7),
        gov,
        lineage(parent),
        ANY.status(),
        ANY.logOrigin(),
        ANY.ear());
  }

  private Lineage lineage(Optional<ArtifactClaims> parent) {
    UuidV7 execution = TestWorld.EXECUTION;
    if (parent.isEmpty()) {
      return Lineage.rootOf(TestWorld.ROOT);
    }
    Lineage above = parent.get().lineage();
    return new Lineage(
        execution,
        Optional.of(oneIn(12) ? TestWorld.PARENT : parent.get().jti()),
        oneIn(12) ? TestWorld.PARENT : above.root(),
        above.depth() + (oneIn(12) ? 2 : 1));
  }

  /** In what {@code below} is more than {@code above}, member by member; nothing where in none. */
  private static List<String> more(ArtifactClaims above, ArtifactClaims below) {
    List<String> more = new ArrayList<>();
    check(more, "iss", above.iss().equals(below.iss()));
    check(more, "tenant", above.tenant().equals(below.tenant()));
    check(more, "parent", below.lineage().parent().equals(Optional.of(above.jti())));
    check(more, "root", below.lineage().root().equals(above.lineage().root()));
    check(more, "depth", below.lineage().depth() == above.lineage().depth() + 1);
    check(more, "end", below.exp().compareTo(above.exp()) <= 0);
    check(more, "beginning", below.nbf().compareTo(above.nbf()) >= 0);
    check(more, "epoch", below.policy().epoch() == above.policy().epoch());
    check(more, "initiator", below.gov().initiator().equals(above.gov().initiator()));
    check(more, "duties", below.gov().obligations().containsAll(above.gov().obligations()));
    check(
        more,
        "mode",
        above.gov().mode() != Governance.Mode.BREAK_GLASS
            || below.gov().mode() == Governance.Mode.BREAK_GLASS);
    for (String name : above.act().limits().keySet()) {
      long most = above.act().limits().get(name);
      check(more, "limit", below.act().limits().getOrDefault(name, Long.MAX_VALUE) <= most);
    }
    check(more, "the act", isOwn(above, below) || isDelegated(above, below.act(), below.aud()));
    check(more, "what it delegates", delegatesNoMore(above.act(), below.act()));
    return more;
  }

  private static void check(List<String> more, String what, boolean holds) {
    if (!holds) {
      more.add(what);
    }
  }

  private static boolean isOwn(ArtifactClaims above, ArtifactClaims below) {
    Act own = above.act();
    return own.maxUses() == Act.UNCOUNTED
        && List.of(own.action(), own.resource(), own.argsDigest())
            .equals(List.of(below.act().action(), below.act().resource(), below.act().argsDigest()))
        && new HashSet<>(above.aud()).containsAll(below.aud());
  }

  private static boolean isDelegated(ArtifactClaims above, Act act, List<String> aud) {
    Optional<Delegable> bound = above.act().delegable();
    return bound.isPresent()
        && bound.get().actions().contains(act.action())
        && new HashSet<>(bound.get().aud()).containsAll(aud)
        && coversToAll(bound.get(), act.resource())
        && countsWithin(bound.get(), act);
  }

  private static boolean coversToAll(Delegable bound, String resource) {
    return READERS.values().stream()
        .allMatch(
            reader ->
                bound.resources().stream()
                    .anyMatch(above -> isBelow(reader.apply(above), reader.apply(resource))));
  }

  private static boolean countsWithin(Delegable bound, Act act) {
    int further = act.delegable().map(Delegable::maxUses).orElse(0);
    return bound.maxUses() == Act.UNCOUNTED
        || act.maxUses() != Act.UNCOUNTED && act.maxUses() + further <= bound.maxUses();
  }

  private static boolean delegatesNoMore(Act above, Act below) {
    if (below.delegable().isEmpty()) {
      return true;
    }
    if (above.delegable().isEmpty()) {
      return false;
    }
    Delegable high = above.delegable().get();
    Delegable low = below.delegable().get();
    return new HashSet<>(high.actions()).containsAll(low.actions())
        && new HashSet<>(high.aud()).containsAll(low.aud())
        && low.resources().stream().allMatch(resource -> coversToAll(high, resource))
        && (high.maxUses() == Act.UNCOUNTED
            || low.maxUses() != Act.UNCOUNTED && low.maxUses() <= high.maxUses());
  }

  @Test
  void child_thatPasses_isWithinItsParentInEveryMember_toEveryReader() {
    int passed = 0;
    for (int round = 0; round < ROUNDS; round++) {
      ArtifactClaims above = claims(Optional.empty());
      ArtifactClaims below = tamed(above, claims(Optional.of(above)));
      if (Narrowing.excess(above, below).isEmpty()) {
        passed++;
        assertThat(more(above, below)).as("%s under %s", below, above).isEmpty();
      }
    }
    assertThat(passed).isGreaterThan(100);
  }

  /** What is not beside the act is mostly as the parent has it: else next to nothing would pass. */
  private ArtifactClaims tamed(ArtifactClaims above, ArtifactClaims child) {
    if (oneIn(4)) {
      return child;
    }
    Act act = child.act();
    Optional<Delegable> bound = above.act().delegable().filter(any -> !oneIn(3));
    boolean limited = oneIn(3);
    String action = bound.map(any -> any.actions().get(0)).orElse(above.act().action());
    List<String> aud = bound.map(Delegable::aud).orElse(above.aud()).subList(0, 1);
    Act mine =
        new Act(
            oneIn(4) ? act.action() : action,
            act.resource(),
            oneIn(3) ? act.argsDigest() : above.act().argsDigest(),
            limited ? act.limits() : above.act().limits(),
            act.maxUses(),
            act.delegable());
    return new ArtifactClaims(
        above.iss(),
        child.sub(),
        oneIn(4) ? child.aud() : aud,
        above.iat(),
        above.nbf(),
        above.exp(),
        child.jti(),
        child.jkt(),
        above.tenant(),
        mine,
        child.env(),
        above.policy(),
        above.gov(),
        child.lineage(),
        child.status(),
        child.logOrigin(),
        child.ear());
  }

  /** To be within is handed on: what a whole chain lets happen its first member did. */
  @Test
  void lastOfAChain_isWithinTheFirst() {
    int chains = 0;
    for (int round = 0; round < ROUNDS && chains < 400; round++) {
      ArtifactClaims first = claims(Optional.empty());
      ArtifactClaims last = first;
      int length = 0;
      for (int tries = 0; tries < 12 && length < 4; tries++) {
        ArtifactClaims next = tamed(last, claims(Optional.of(last)));
        if (Narrowing.excess(last, next).isEmpty()) {
          last = next;
          length++;
        }
      }
      if (length >= 2) {
        chains++;
        assertThat(last.lineage().depth()).isEqualTo(length);
        assertThat(last.exp()).isBeforeOrEqualTo(first.exp());
        Act act = last.act();
        boolean handed = act.resource().equals(first.act().resource());
        boolean covered =
            first.act().delegable().isPresent()
                && coversToAll(first.act().delegable().get(), act.resource());
        assertThat(handed || covered).as("%s under %s", last, first).isTrue();
        assertThat(delegatesNoMore(first.act(), act)).as("%s under %s", last, first).isTrue();
        for (Map.Entry<String, Long> limit : first.act().limits().entrySet()) {
          assertThat(act.limits().get(limit.getKey())).isNotNull().isBetween(0L, limit.getValue());
        }
      }
    }
    assertThat(chains).isGreaterThan(50);
  }

  /** The readers of this test do tell hostile spellings apart: else it would show nothing. */
  @Test
  void readers_leaveAFolder_byEachWayOut() {
    for (String out :
        List.of(
            "/a/../b",
            "/a/%2e%2e/b",
            "/a/%252e%252e/b",
            "/a/..;/b",
            "/a/\uff0e\uff0e/b",
            "/a/..\\..\\b",
            "/a/\u200b../b")) {
      assertThat(READERS.values())
          .as(out)
          .anyMatch(reader -> !isBelow(reader.apply("/a"), reader.apply(out)));
      Delegable bound = new Delegable(List.of("read"), List.of("/a"), List.of("g"), 0);
      assertThat(bound.covers(out)).as(out).isFalse();
    }
    assertThat(READERS.values())
        .allMatch(reader -> isBelow(reader.apply("/a"), reader.apply("/a/b")));
  }
}
