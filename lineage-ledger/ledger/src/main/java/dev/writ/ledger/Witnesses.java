// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.tlog.LogPolicy;
import dev.writ.tlog.NoteKey;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The witnesses whose cosignatures a ledger's checkpoints must have.
 *
 * @param policy says which are a quorum; of its logs nothing is used here
 * @param asked where each can be asked; a witness without a place is not
 * @param patience how long one head waits for its cosignatures
 */
public record Witnesses(LogPolicy policy, List<Asked> asked, Duration patience)
    implements WitnessChoice {
  /** The code of what could not be answered for want of cosignatures. */
  public static final String QUORUM_MISSED = "witness_quorum";

  /** Within it a witness on another continent answers, and an entry's patience is not spent. */
  public static final Duration PATIENCE = Duration.ofSeconds(2);

  /**
   * A witness and where it is.
   *
   * @param name within the policy
   * @param url its submission prefix, which is its monitoring prefix, too
   */
  public record Asked(String name, NoteKey key, URI url) {}

  /** Copies the list. */
  public Witnesses {
    asked = List.copyOf(asked);
  }

  /**
   * The witnesses of {@code policy}, at the URLs that it says.
   *
   * @param elsewhere URLs by the names of witnesses, in the place of the policy's
   * @throws IllegalArgumentException if a name is no witness's, a URL is not https, or http on
   *     loopback, or those with a URL are no quorum
   */
  public static Witnesses of(LogPolicy policy, Map<String, URI> elsewhere) {
    Set<String> unused = new HashSet<>(elsewhere.keySet());
    List<Asked> asked = new ArrayList<>();
    Set<NoteKey> keys = new HashSet<>();
    for (LogPolicy.Witness witness : policy.witnesses()) {
      boolean known = unused.remove(witness.name());
      URI url =
          known ? elsewhere.get(witness.name()) : witness.url().map(Witnesses::url).orElse(null);
      if (url != null && witness.key().type().isVerified()) {
        requireSafe(witness.name(), url);
        asked.add(new Asked(witness.name(), witness.key(), url));
        keys.add(witness.key());
      }
    }
    if (!unused.isEmpty()) {
      throw new IllegalArgumentException(
          "a witness must be one of the log policy's, "
              + policy.witnesses().stream().map(LogPolicy.Witness::name).toList()
              + ", was "
              + unused);
    }
    if (!policy.isQuorum(keys)) {
      throw new IllegalArgumentException(
          "the witnesses whose URL is known must be a quorum of the log policy, were "
              + asked.stream().map(Asked::name).toList()
              + "; name the URLs of the others");
    }
    return new Witnesses(policy, asked, PATIENCE);
  }

  /** The same with another patience. */
  public Witnesses within(Duration other) {
    return new Witnesses(policy, asked, other);
  }

  /** These, whatever the store has. */
  @Override
  public Witnesses by(Published trustFiles) {
    return this;
  }

  /** Whether checkpoints must be cosigned at all. */
  public boolean isNeeded() {
    return policy.needsWitnesses();
  }

  private static URI url(String text) {
    try {
      return URI.create(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("a witness's URL must be one, was " + text, e);
    }
  }

  /** A checkpoint is public; but who answers for a witness could keep the log from its quorum. */
  private static void requireSafe(String name, URI url) {
    boolean safe =
        url.getHost() != null
            && url.getRawQuery() == null
            && url.getRawFragment() == null
            && ("https".equals(url.getScheme())
                || ("http".equals(url.getScheme()) && isLoopback(url.getHost())));
    if (!safe) {
      throw new IllegalArgumentException(
          "the URL of witness "
              + name
              + " must be https, or http on a loopback address, without query and fragment, was "
              + url);
    }
  }

  private static boolean isLoopback(String host) {
    try {
      return host.equals("localhost")
          || (host.matches("[0-9.]+|\\[.*]") && InetAddress.getByName(host).isLoopbackAddress());
    } catch (UnknownHostException e) {
      return false;
    }
  }
}
