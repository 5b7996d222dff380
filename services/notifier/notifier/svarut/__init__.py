"""KS SvarUt: letters to persons and organisations, digitally or as print, and where each of them is (M21)."""
