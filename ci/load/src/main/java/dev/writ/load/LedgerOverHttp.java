// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import dev.writ.artifact.Leaf;
import dev.writ.artifact.MalformedLeafException;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.CheckpointOutcome;
import dev.writ.tlog.ConsistencyProof;
import dev.writ.tlog.EntryBundle;
import dev.writ.tlog.EntryBundlePath;
import dev.writ.tlog.Hash;
import dev.writ.tlog.InclusionProof;
import dev.writ.tlog.LogPolicy;
import dev.writ.tlog.MalformedTlogException;
import dev.writ.tlog.SignedNote;
import dev.writ.tlog.Tile;
import dev.writ.tlog.TrustedCheckpoint;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The ledger that a service shows on its public door. */
final class LedgerOverHttp implements LedgerView {
  private static final Pattern BASE64_HASH = Pattern.compile("\"([A-Za-z0-9+/]{43}=)\"");

  private final HttpDoor door;
  private final LogPolicy policy;

  LedgerOverHttp(HttpDoor door, LogPolicy policy) {
    this.door = door;
    this.policy = policy;
  }

  @Override
  public Checkpoint checkpoint() throws IOException {
    try {
      CheckpointOutcome outcome =
          policy.verifyCheckpoint(SignedNote.parse(get("/ledger/checkpoint").body()));
      if (outcome instanceof TrustedCheckpoint trusted) {
        return trusted.checkpoint();
      }
      throw new IOException("the checkpoint must be the log's, and is not: " + outcome);
    } catch (MalformedTlogException e) {
      throw new IOException("the checkpoint must be a signed note", e);
    }
  }

  @Override
  public InclusionProof inclusion(long index, long size) throws IOException {
    String path = "/v1/ledger/inclusion?index=" + index + "&size=" + size;
    return new InclusionProof(index, size, hashes(path));
  }

  @Override
  public ConsistencyProof consistency(long oldSize, long newSize) throws IOException {
    String path = "/v1/ledger/consistency?old=" + oldSize + "&new=" + newSize;
    return new ConsistencyProof(oldSize, newSize, hashes(path));
  }

  @Override
  public List<Leaf> leaves(long from, long size) throws IOException {
    List<Leaf> leaves = new ArrayList<>();
    try {
      for (long next = from; next < size; next = from + leaves.size()) {
        EntryBundlePath path = EntryBundlePath.holding(next, size);
        List<byte[]> entries = EntryBundle.decode(path, get("/ledger/" + path.text()).body());
        for (byte[] entry : entries.subList((int) (next % Tile.WIDTH), entries.size())) {
          leaves.add(Leaf.parse(entry));
        }
      }
    } catch (MalformedTlogException | MalformedLeafException e) {
      throw new IOException("the ledger's entries must be leaves", e);
    }
    return leaves;
  }

  private List<Hash> hashes(String path) throws IOException {
    List<Hash> hashes = new ArrayList<>();
    Matcher matcher = BASE64_HASH.matcher(get(path).text());
    while (matcher.find()) {
      hashes.add(Hash.of(Base64.getDecoder().decode(matcher.group(1))));
    }
    return hashes;
  }

  private HttpDoor.Response get(String path) throws IOException {
    return door.get(path).require(200);
  }
}
