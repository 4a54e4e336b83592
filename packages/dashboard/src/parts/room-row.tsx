/** Room for rows that are not drawn because they are out of sight. */
export function RoomRow({ heightPx }: { readonly heightPx: number }) {
  return heightPx === 0 ? null : (
    <tr className="room-row">
      <td style={{ height: heightPx }} />
    </tr>
  );
}
